-- The sound of a sentence that was spoken before; used now.
-- KEYS: sounds, when each was used  ARGV: digest
local sound = redis.call('HGET', KEYS[1], ARGV[1])
if sound then redis.call('ZADD', KEYS[2], redis.call('TIME')[1], ARGV[1]) end
return sound
