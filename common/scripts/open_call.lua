-- Makes a call's hash, or writes it anew for a server that forgot it. The turn only ever rises.
-- KEYS: call  ARGV: turn, committed, owner, language, ttl
local turn = redis.call('HGET', KEYS[1], 'turn')
if not turn or tonumber(turn) <= tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'turn', ARGV[1], 'committed', ARGV[2])
end
redis.call('HSET', KEYS[1], 'owner', ARGV[3], 'language', ARGV[4])
redis.call('HDEL', KEYS[1], 'over')
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
