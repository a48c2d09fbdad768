-- Sends one sentence of a reply whose entry is still worked on, by the worker that owns the entry.
-- KEYS: work stream, call, out, asked, done, outputs...
-- ARGV: id, worker, turn, number, sentence, asked, out ttl, outputs...
-- Returns number + 1 if the sentence is out, more if another attempt is further, less if Redis forgot, -1 if stale.
-- What is asked to be done behind the sentence is kept with it, in one step: whoever goes on after the sentence knows of both.
-- Who does not own the entry cannot finish the reply: one sentence of it would stop the worker that can.
local number = tonumber(ARGV[4])
if stale(KEYS[2], ARGV[3], '1') then return -1 end
local length = redis.call('LLEN', KEYS[3])
if redis.call('EXISTS', KEYS[5]) == 1 or pending(KEYS[1], ARGV[1]) ~= ARGV[2] then return math.max(length, number + 1) + 1 end
if length < number then return length end
-- A write that was repeated finds its own sentence and is no rival of itself; something may be asked for behind it now.
local own = length == number + 1 and redis.call('LINDEX', KEYS[3], number) == ARGV[5]
if length > number and not own then return length + 1 end
if not own then
  if unsettled(6, 8) then return UNSETTLED end
  redis.call('RPUSH', KEYS[3], ARGV[5])
  redis.call('EXPIRE', KEYS[3], ARGV[7])
  send(6, 8)
end
if ARGV[6] ~= '' then redis.call('SET', KEYS[4], ARGV[6], 'EX', ARGV[7]) end
return number + 1
