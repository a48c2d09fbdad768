-- Marks the turn as committed, so that effects may run, and keeps its words for whoever takes the call over.
-- KEYS: call  ARGV: fence, turn, text, channel, news, ttl
-- A turn ahead of the server's is committed, too: what forgot its tail may have forgotten that the one before ended.
if taken(KEYS[1], ARGV[1]) then return -1 end
if raised(KEYS[1], ARGV[1], ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'fence', ARGV[1], 'turn', ARGV[2], 'committed', '1', 'said', ARGV[2], 'text', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1
