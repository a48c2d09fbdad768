-- Takes a worker out of the group, unless it owns work: that would be lost with it.
-- KEYS: work stream  ARGV: worker
local owned = redis.pcall('XPENDING', KEYS[1], 'w', '-', '+', 1, ARGV[1])
if owned.err or #owned > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], 'w', ARGV[1])
return 1
