-- The sound of a sentence that was spoken before; used now, so that all are kept for as long again.
-- KEYS: sounds, when each was used, how many bytes they are  ARGV: digest, seconds that a sound is kept unused
local sound = redis.call('HGET', KEYS[1], ARGV[1])
if sound then
  redis.call('ZADD', KEYS[2], redis.call('TIME')[1], ARGV[1])
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[2]) end
end
return sound
