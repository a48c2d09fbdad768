-- Gives an entry up, if it is still the worker's: dead letter, acknowledgement, and word to the gateway.
-- KEYS: work stream, done, dead letters, outputs...  ARGV: id, worker, done ttl, dead ttl, dead maxlen, error, m, outputs...
-- Returns 1, or 0 if somebody else finished it, or has it.
if pending(KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('XACK', KEYS[1], 'w', ARGV[1])
redis.call('XDEL', KEYS[1], ARGV[1])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[5], '*', 'error', ARGV[6], 'm', ARGV[7])
redis.call('EXPIRE', KEYS[3], ARGV[4])
if not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[3]) then return 0 end
send(4, 8)
return 1
