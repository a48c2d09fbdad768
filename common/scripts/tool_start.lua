-- Starts a tool with effects, once for its call, name and arguments, and only in a committed turn that is not over.
-- KEYS: call, tool, history, outputs...  ARGV: turn, history field, run, tool ttl, history ttl, field of the run in whose place it is
--   ('': none), how many runs in this call whoever asks knows of ('': it does not matter), outputs...
-- Returns 'started', 'stale', 'uncommitted', 'behind' (there are more), or 'known' and the run that came first.
local function runs()
  local count = 0
  for _, field in ipairs(redis.call('HKEYS', KEYS[3])) do
    if string.find(field, '^%d+t:') then count = count + 1 end
  end
  return count
end

local known = redis.call('GET', KEYS[2])
-- A write that was repeated finds its own run and is no rival of itself.
if known == ARGV[2] then return {'started'} end
if stale(KEYS[1], ARGV[1], '1') then return {'stale'} end
-- Who knows that a run did nothing may take its place; of two only the first finds it there.
if known and known ~= ARGV[6] then return {'known', redis.call('HGET', KEYS[3], known)} end
local state = redis.call('HMGET', KEYS[1], 'turn', 'committed')
if state[1] ~= ARGV[1] or state[2] ~= '1' then return {'uncommitted'} end
if ARGV[7] ~= '' and runs() > tonumber(ARGV[7]) then return {'behind'} end
if unsettled(4, 8) then return UNSETTLED end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[4])
redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[3], ARGV[5])
send(4, 8)
return {'started'}
