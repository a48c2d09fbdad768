-- The call is over: late work for it is stale, and what it said is gone soon.
-- KEYS: call, history  ARGV: fence, ttl, channel, news
if taken(KEYS[1], ARGV[1]) then return -1 end
redis.call('HSET', KEYS[1], 'over', '1')
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
