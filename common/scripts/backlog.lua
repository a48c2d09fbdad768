-- How far the workers of a stage are behind.
-- KEYS: work stream
-- Returns how many entries the stream has, how many of them nobody has read, and the age of the oldest of these in ms.
local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
if groups.err then return {0, 0, 0} end
local read, held = '0-0', 0
for i = 1, #(groups[1] or {}), 2 do
  if groups[1][i] == 'last-delivered-id' then read = groups[1][i + 1] end
  if groups[1][i] == 'pending' then held = tonumber(groups[1][i + 1]) end
end
local length = redis.call('XLEN', KEYS[1])
local oldest = redis.call('XRANGE', KEYS[1], '(' .. read, '+', 'COUNT', 1)[1]
if not oldest then return {length, 0, 0} end
local now = redis.call('TIME')
local age = tonumber(now[1]) * 1000 + tonumber(now[2]) / 1000 - tonumber(string.match(oldest[1], '^%d+'))
return {length, length - held, math.max(0, math.floor(age))}
