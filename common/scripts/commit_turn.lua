-- Marks the current turn as committed, so that effects may run.
-- KEYS: call  ARGV: turn, channel, news
if redis.call('HGET', KEYS[1], 'turn') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'committed', '1')
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
