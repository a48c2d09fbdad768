-- The call is over: late work for it is stale, and what it said is gone soon.
-- KEYS: call, history  ARGV: ttl, channel, news
redis.call('HSET', KEYS[1], 'over', '1')
redis.call('EXPIRE', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
