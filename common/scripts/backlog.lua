-- How far the workers of each stage are behind.
-- KEYS: work streams
-- Returns for each how many entries it has, how many of them nobody has read, and the age of the oldest of these in ms.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000

local function behind(stream)
  local length, read, held = redis.call('XLEN', stream), '0-0', 0
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  for i = 1, #(groups[1] or {}), 2 do
    if groups[1][i] == 'last-delivered-id' then read = groups[1][i + 1] end
    if groups[1][i] == 'pending' then held = tonumber(groups[1][i + 1]) end
  end
  local oldest = redis.call('XRANGE', stream, '(' .. read, '+', 'COUNT', 1)[1]
  if not oldest then return {length, 0, 0} end
  return {length, length - held, math.max(0, math.floor(now - tonumber(string.match(oldest[1], '^%d+'))))}
end

local result = {}
for i, stream in ipairs(KEYS) do result[i] = behind(stream) end
return result
