-- How far the workers of each stage are behind.
-- KEYS: work streams
-- Returns for each how many entries it has, how many of them nobody has, and the age of the oldest of these in ms. What was
-- handed back is nobody's, too; it waits since then.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000

local function behind(stream)
  local length, read, held = redis.call('XLEN', stream), '0-0', 0
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  for i = 1, #(groups[1] or {}), 2 do
    if groups[1][i] == 'last-delivered-id' then read = groups[1][i + 1] end
    if groups[1][i] == 'pending' then held = tonumber(groups[1][i + 1]) end
  end
  local back = held > 0 and redis.call('XPENDING', stream, 'w', 'IDLE', HANDED_BACK, '-', '+', 100) or {}
  local age = 0
  for _, each in ipairs(back) do age = math.max(age, tonumber(each[3]) - HANDED_BACK) end
  local oldest = redis.call('XRANGE', stream, '(' .. read, '+', 'COUNT', 1)[1]
  if oldest then age = math.max(age, math.floor(now - tonumber(string.match(oldest[1], '^%d+')))) end
  return {length, (oldest and length - held or 0) + #back, age}
end

local result = {}
for i, stream in ipairs(KEYS) do result[i] = behind(stream) end
return result
