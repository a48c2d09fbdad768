-- Makes a gateway known to the server, in one step: once there is a boot id, workers drop what is for a gateway without these
-- keys, and they only write to a stream that exists.
-- KEYS: replies, its liveness, boot  ARGV: what tells this time from any other, ttl of replies, ttl of liveness
-- Returns whether the stream for replies was there, the id of the entry that was added to it, and the boot id: since when
-- (the server's ms) a gateway is there.
local there = redis.call('EXISTS', KEYS[1])
local born = redis.call('XADD', KEYS[1], '*', 'born', '1')
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], '1', 'EX', ARGV[3])
redis.call('SET', KEYS[3], string.match(born, '^%d+') .. ':' .. ARGV[1], 'NX')
return {there, born, redis.call('GET', KEYS[3])}
