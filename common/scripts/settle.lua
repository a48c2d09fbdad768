-- Makes a gateway known to the server, in one step: once there is a boot id, workers drop what is for a gateway without these
-- keys, and they only write to a stream that exists.
-- KEYS: replies, its liveness, boot  ARGV: a boot id for a server that has none, ttl of replies, ttl of liveness
-- Returns whether the stream for replies was there, and the boot id.
local there = redis.call('EXISTS', KEYS[1])
redis.call('XADD', KEYS[1], '*', 'born', '1')
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], '1', 'EX', ARGV[3])
redis.call('SET', KEYS[3], ARGV[1], 'NX')
return {there, redis.call('GET', KEYS[3])}
