-- Marks the current turn as committed, so that effects may run, and keeps its words for whoever takes the call over.
-- KEYS: call  ARGV: fence, turn, text, channel, news
if taken(KEYS[1], ARGV[1]) then return -1 end
if redis.call('HGET', KEYS[1], 'turn') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'committed', '1', 'said', ARGV[2], 'text', ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1
