-- Says that a worker still works on its entries, and hears what became of them.
-- KEYS: work stream, call of each entry...  ARGV: worker, then id, turn, by_turn of each entry
-- Returns 'lost', 'stale', 'committed' or 'open' for each.
-- A plain XCLAIM would steal an entry back from the worker that took it over: only the owner renews. And what it handed back,
-- while this renewal was on its way, would wait for a silence again.
local result = {}
for i = 1, #KEYS - 1 do
  local at = 3 * i - 1
  local id, turn, by_turn = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local call = KEYS[i + 1]
  local owner, _, idle = pending(KEYS[1], id)
  if owner ~= ARGV[1] or idle >= HANDED_BACK then
    result[i] = 'lost'
  else
    redis.call('XCLAIM', KEYS[1], 'w', ARGV[1], 0, id, 'JUSTID')
    local state = redis.call('HMGET', call, 'turn', 'committed')
    if stale(call, turn, by_turn) then
      result[i] = 'stale'
    elseif state[1] == turn and state[2] == '1' then
      result[i] = 'committed'
    else
      result[i] = 'open'
    end
  end
end
return result
