-- Its line is gone, but the call may come back: what it said is gone soon if it does not.
-- KEYS: call, history  ARGV: fence, ttl
if taken(KEYS[1], ARGV[1]) then return -1 end
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return 1
