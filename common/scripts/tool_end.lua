-- Writes what became of a tool with effects: whether its turn is over does not matter, it ran.
-- KEYS: call, history, outputs...  ARGV: history field, run, history ttl, ttl of a call that is over, outputs...
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
if redis.call('TTL', KEYS[2]) < 0 then
  redis.call('EXPIRE', KEYS[2], redis.call('HGET', KEYS[1], 'over') and ARGV[4] or ARGV[3])
end
send(3, 5)
return 1
