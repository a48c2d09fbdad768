-- Ends a turn: raises the number (a maximum: doing it twice changes nothing), writes the history, tells the workers.
-- KEYS: call, history  ARGV: turn, ttl, caller's field, caller, heard field, heard, channel, news
local turn = redis.call('HGET', KEYS[1], 'turn')
if not turn or tonumber(turn) <= tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'turn', string.format('%d', tonumber(ARGV[1]) + 1), 'committed', '0')
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
if ARGV[4] ~= '' then redis.call('HSET', KEYS[2], ARGV[3], ARGV[4]) end
if ARGV[6] ~= '' then redis.call('HSET', KEYS[2], ARGV[5], ARGV[6]) end
redis.call('EXPIRE', KEYS[2], ARGV[2])
redis.call('PUBLISH', ARGV[7], ARGV[8])
return 1
