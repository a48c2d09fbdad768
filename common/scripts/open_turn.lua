-- Notes that the caller waits for an answer in this turn, whose words are not known yet.
-- KEYS: call  ARGV: fence, turn, ttl
if taken(KEYS[1], ARGV[1]) then return -1 end
redis.call('HSET', KEYS[1], 'open', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
