-- Sends one sentence of a reply whose entry is still worked on, by the worker that owns the entry.
-- KEYS: work stream, call, out, done, outputs...  ARGV: id, worker, turn, number, sentence, out ttl, outputs...
-- Returns number + 1 if the sentence is out, more if another attempt is further, less if Redis forgot, -1 if stale.
-- Who does not own the entry cannot finish the reply: one sentence of it would stop the worker that can.
local number = tonumber(ARGV[4])
if stale(KEYS[2], ARGV[3], '1') then return -1 end
local length = redis.call('LLEN', KEYS[3])
if redis.call('EXISTS', KEYS[4]) == 1 or pending(KEYS[1], ARGV[1]) ~= ARGV[2] then return math.max(length, number + 1) + 1 end
if length < number then return length end
if length > number then
  -- A write that was repeated finds its own sentence and is no rival of itself.
  if length == number + 1 and redis.call('LINDEX', KEYS[3], number) == ARGV[5] then return length end
  return length + 1
end
if unsettled(5, 7) then return UNSETTLED end
redis.call('RPUSH', KEYS[3], ARGV[5])
redis.call('EXPIRE', KEYS[3], ARGV[6])
send(5, 7)
return number + 1
