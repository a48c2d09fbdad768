-- Writes a call's hash anew for a server that forgot it, unless another stream took the call. An owner's turn only ever rises.
-- KEYS: call  ARGV: fence, turn, committed, open, text, owner, language, ttl, what keys are asked for
if taken(KEYS[1], ARGV[1]) then return -1 end
if not raised(KEYS[1], ARGV[1], ARGV[2]) then
  redis.call('HDEL', KEYS[1], 'said', 'text', 'collect')
  redis.call('HSET', KEYS[1], 'turn', ARGV[2], 'committed', ARGV[3], 'open', ARGV[4])
  if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'said', ARGV[2], 'text', ARGV[5]) end
  if ARGV[9] ~= '' then redis.call('HSET', KEYS[1], 'collect', ARGV[9]) end
end
redis.call('HSET', KEYS[1], 'fence', ARGV[1], 'owner', ARGV[6], 'language', ARGV[7])
redis.call('HDEL', KEYS[1], 'over')
redis.call('EXPIRE', KEYS[1], ARGV[8])
return 1
