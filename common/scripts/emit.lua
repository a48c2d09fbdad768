-- Sends one sentence of a reply whose entry is still worked on.
-- KEYS: call, out, done, outputs...  ARGV: turn, number, sentence, out ttl, outputs...
-- Returns number + 1 if the sentence is out, more if another attempt is further, less if Redis forgot, -1 if stale.
local number = tonumber(ARGV[2])
if stale(KEYS[1], ARGV[1], '1') then return -1 end
local length = redis.call('LLEN', KEYS[2])
if redis.call('EXISTS', KEYS[3]) == 1 then return math.max(length, number + 1) + 1 end
if length < number then return length end
if length > number then
  -- A write that was repeated finds its own sentence and is no rival of itself.
  if length == number + 1 and redis.call('LINDEX', KEYS[2], number) == ARGV[3] then return length end
  return length + 1
end
if unsettled(4, 5) then return UNSETTLED end
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[4])
send(4, 5)
return number + 1
