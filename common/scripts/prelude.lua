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

-- Whether the call's owner raised its turn past this one. A turn that an older owner wrote does not count: it did so on a server that
-- forgot who has the call now.
local function raised(call, fence, turn)
  local now = redis.call('HMGET', call, 'turn', 'fence')
  local another = now[2] and tonumber(now[2]) < tonumber(fence)
  return now[1] and tonumber(now[1]) > tonumber(turn) and not another
end

-- Outputs: a stream each in KEYS from `key` on, and behind them the server's boot id. In ARGV from `arg` on: for how many
-- ms a server that forgot everything is given for its gateways to come back; then four for each output: '1' if
-- only an existing stream is written to (replies: a gateway that is gone has none), maxlen, m, a.

-- Whether a gateway whose keys are missing may only seem gone: its server forgot everything, and not each gateway is back yet.
local function may_come_back(boot, settling_ms)
  local since, time = redis.call('GET', boot), redis.call('TIME')
  return not since or time[1] * 1000 + time[2] / 1000 - tonumber(string.match(since, '^%d+')) < tonumber(settling_ms)
end

-- Whether outputs have to wait for their gateway.
local function unsettled(key, arg)
  for i = 0, #KEYS - 1 - key do
    if ARGV[arg + 1 + 4 * i] == '1' and redis.call('EXISTS', KEYS[key + i]) == 0 then
      return may_come_back(KEYS[#KEYS], ARGV[arg])
    end
  end
  return false
end

local UNSETTLED = {err = 'UNSETTLED the gateway may come back'}

-- Adds one entry to the stream of each output.
local function send(key, arg)
  for i = 0, #KEYS - 1 - key do
    local at = arg + 1 + 4 * i
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

-- How long an entry that was handed back seems to be idle, in ms; no worker is silent for so long.
local HANDED_BACK = 3600000

-- Owner, number of deliveries and idle time of a pending entry; nil if it is not pending, or if its group is gone.
local function pending(stream, id)
  local found = redis.pcall('XPENDING', stream, 'w', id, id, 1)
  if found.err or #found == 0 then return nil end
  return found[1][2], tonumber(found[1][4]), tonumber(found[1][3])
end

-- How many sentences of a reply are out, and whether they are among the first `count` ones that somebody has (ARGV from `arg` on):
-- else that one was overtaken, by who is further or by who makes the reply in other words. Not by length alone: a server that lost its
-- tail may have got the rest of it from another attempt.
local function beside(out, arg, count)
  local known = redis.call('LRANGE', out, 0, -1)
  for i, sentence in ipairs(known) do
    if i > count or sentence ~= ARGV[arg + i - 1] then return #known, false end
  end
  return #known, true
end
