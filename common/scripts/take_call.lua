-- Makes a stream the owner of its call: raises the turn, so that all that others began is stale, and tells what they left.
-- A transfer that was not asked for is dropped: the call came back, and the end of this stream must not dial.
-- KEYS: call, history, its transfer  ARGV: stream, owner, language, turn of a new call, ttl, channel, call id
-- Returns {fence, turn, left, open, text, owner before, collect}: left is the turn that another stream left, '' if no call goes on;
-- collect is what keys were asked for in it, '' if none were.
-- A repeated write finds its own stream and changes nothing.
-- The fence is no less than the server's time in ms: on a server that forgot the call, too, the newest stream has the highest.
local was = redis.call('HMGET', KEYS[1], 'stream', 'fence', 'turn', 'over', 'left', 'open', 'said', 'text', 'owner', 'before', 'collect')
local turn, fence, left, before = was[3], was[2], was[5], was[10]
if was[1] ~= ARGV[1] then
  left, before = not was[4] and was[3], not was[4] and was[9]
  if was[4] then
    redis.call('DEL', KEYS[2])
    redis.call('HDEL', KEYS[1], 'collect')
  end
  turn = was[3] and string.format('%d', tonumber(was[3]) + 1) or ARGV[4]
  local time = redis.call('TIME')
  fence = string.format('%d', math.max(tonumber(was[2] or '0') + 1, time[1] * 1000 + math.floor(time[2] / 1000)))
  redis.call('HSET', KEYS[1], 'stream', ARGV[1], 'owner', ARGV[2], 'language', ARGV[3], 'turn', turn, 'fence', fence)
  redis.call('HSET', KEYS[1], 'committed', left and '0' or '1', 'left', left or '', 'before', before or '')
  redis.call('HDEL', KEYS[1], 'over')
  redis.call('DEL', KEYS[3])
  if was[3] then redis.call('PUBLISH', ARGV[6], ARGV[7] .. ':' .. was[3] .. ':over') end
end
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[5])
left = left or ''
local known = was[7] == left and was[8] or ''
return {fence, turn, left, (was[6] == left or known ~= '') and '1' or '0', known, before or '', left ~= '' and was[11] or ''}
