-- Whether a call whose stream ended is to be connected again.
-- KEYS: call, times of its reconnects  ARGV: most of them, seconds in which they count
-- Returns 'over' if the call is, 'too_often', or 'again', which counts. The times are the server's: gateways come and go.
if redis.call('HEXISTS', KEYS[1], 'over') == 1 then return 'over' end
local now = tonumber(redis.call('TIME')[1])
local times = redis.call('LRANGE', KEYS[2], 0, -1)
for _, at in ipairs(times) do
  if tonumber(at) <= now - tonumber(ARGV[2]) then redis.call('LPOP', KEYS[2]) end
end
if redis.call('LLEN', KEYS[2]) >= tonumber(ARGV[1]) then return 'too_often' end
redis.call('RPUSH', KEYS[2], string.format('%d', now))
redis.call('EXPIRE', KEYS[2], ARGV[2])
return 'again'
