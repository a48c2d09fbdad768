-- Leaves word of where a call goes when its stream has ended.
-- KEYS: call, its transfer  ARGV: fence, destination, ttl
if taken(KEYS[1], ARGV[1]) then return -1 end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
return 1
