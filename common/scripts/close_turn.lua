-- Ends a turn: raises the number (a maximum: doing it twice changes nothing), writes the history, tells the workers.
-- KEYS: call, history  ARGV: fence, turn, ttl, caller's field, caller, heard field, heard, channel, news, cut field, cut,
--   '1' if the next turn is open, what keys are asked for ('': none)
if taken(KEYS[1], ARGV[1]) then return -1 end
if not raised(KEYS[1], ARGV[1], ARGV[2]) then
  redis.call('HSET', KEYS[1], 'fence', ARGV[1], 'turn', string.format('%d', tonumber(ARGV[2]) + 1), 'committed', '0')
  redis.call('HDEL', KEYS[1], 'text', 'collect')
  if ARGV[13] ~= '' then redis.call('HSET', KEYS[1], 'collect', ARGV[13]) end
  if ARGV[12] == '1' then redis.call('HSET', KEYS[1], 'open', string.format('%d', tonumber(ARGV[2]) + 1)) end
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[2], ARGV[4], ARGV[5]) end
if ARGV[7] ~= '' then redis.call('HSET', KEYS[2], ARGV[6], ARGV[7]) end
if ARGV[11] ~= '' then redis.call('HSET', KEYS[2], ARGV[10], ARGV[11]) end
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('PUBLISH', ARGV[8], ARGV[9])
return 1
