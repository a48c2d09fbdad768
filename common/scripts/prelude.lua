-- Stands in front of every script.

-- Whether an entry of this turn is void: its call is over, or the turn was raised past it.
-- What belongs to its utterance (by_turn '0') outlives the turn. A call that Redis forgot is not stale.
local function stale(call, turn, by_turn)
  local state = redis.call('HMGET', call, 'turn', 'over')
  if state[2] then return true end
  return by_turn == '1' and state[1] and tonumber(state[1]) > tonumber(turn)
end

-- Whether another stream took the call over: its fence is higher. Nobody but the owner writes what is of the call.
local function taken(call, fence)
  local now = redis.call('HGET', call, 'fence')
  return now and tonumber(now) > tonumber(fence)
end

-- Adds one entry to each stream from KEYS[key] on; four ARGV each from ARGV[arg] on:
-- '1' if only an existing stream is written to (replies: a gateway that is gone has none), maxlen, m, a.
local function send(key, arg)
  for i = 0, #KEYS - key do
    local at = arg + 4 * i
    local add = {'XADD', KEYS[key + i]}
    if ARGV[at] == '1' then table.insert(add, 'NOMKSTREAM') end
    for _, part in ipairs({'MAXLEN', '~', ARGV[at + 1], '*', 'm', ARGV[at + 2]}) do table.insert(add, part) end
    if ARGV[at + 3] ~= '' then
      table.insert(add, 'a')
      table.insert(add, ARGV[at + 3])
    end
    redis.call(unpack(add))
  end
end

-- Owner and number of deliveries of a pending entry; nil if it is not pending, or if its group is gone.
local function pending(stream, id)
  local found = redis.pcall('XPENDING', stream, 'w', id, id, 1)
  if found.err or #found == 0 then return nil end
  return found[1][2], tonumber(found[1][4])
end
