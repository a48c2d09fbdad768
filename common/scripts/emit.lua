-- Sends the last of a reply's sentences so far, while its entry is still worked on, by the worker that owns the entry.
-- KEYS: work stream, call, out, asked, done, outputs...
-- ARGV: id, worker, turn, asked, out ttl, how many sentences, sentences..., outputs...
-- Returns how many sentences there are if the last of them is out, more if another attempt is further, or has other words, less if
-- Redis forgot, -1 if stale.
-- What is asked to be done behind the sentence is kept with it, in one step: whoever goes on after the sentence knows of both.
-- Who does not own the entry cannot finish the reply: one sentence of it would stop the worker that can.
local count = tonumber(ARGV[6])
if stale(KEYS[2], ARGV[3], '1') then return -1 end
local length, fits = beside(KEYS[3], 7, count)
local mine = redis.call('EXISTS', KEYS[5]) == 0 and pending(KEYS[1], ARGV[1]) == ARGV[2]
if not mine or not fits then return math.max(length, count) + 1 end
if length < count - 1 then return length end
-- A write that was repeated finds its own sentence and is no rival of itself; something may be asked for behind it now. Then the
-- gateway alone is told: of the outputs, the first one is for the next stage, which has it.
local asks = ARGV[4] ~= '' and redis.call('GET', KEYS[4]) ~= ARGV[4]
if (length < count or asks) and unsettled(6, 7 + count) then return UNSETTLED end
if length < count then
  redis.call('RPUSH', KEYS[3], ARGV[6 + count])
  redis.call('EXPIRE', KEYS[3], ARGV[5])
  send(6, 7 + count)
elseif asks then
  send(7, 11 + count)
end
if ARGV[4] ~= '' then redis.call('SET', KEYS[4], ARGV[4], 'EX', ARGV[5]) end
return count
