-- Keeps the sound of a sentence; those that were not used for longest make room.
-- KEYS: sounds, when each was used, how many bytes they are  ARGV: digest, sound, bytes at most, seconds that a sound is kept unused
local now = tonumber(redis.call('TIME')[1])

local function forget(digest)
  redis.call('DECRBY', KEYS[3], redis.call('HSTRLEN', KEYS[1], digest))
  redis.call('HDEL', KEYS[1], digest)
  redis.call('ZREM', KEYS[2], digest)
end

-- A server that is short of memory may have thrown one of the three away: the others are of no use then.
if redis.call('EXISTS', KEYS[1], KEYS[2], KEYS[3]) < 3 then redis.call('DEL', KEYS[1], KEYS[2], KEYS[3]) end
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 1 then redis.call('INCRBY', KEYS[3], #ARGV[2]) end
redis.call('ZADD', KEYS[2], now, ARGV[1])
for _, digest in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[4], 'LIMIT', 0, 100)) do forget(digest) end
while tonumber(redis.call('GET', KEYS[3])) > tonumber(ARGV[3]) do forget(redis.call('ZRANGE', KEYS[2], 0, 0)[1]) end
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[4]) end
return 1
