-- Gives an entry up: dead letter, acknowledgement, and word to the gateway.
-- KEYS: work stream, done, dead letters, outputs...  ARGV: id, done ttl, dead ttl, dead maxlen, error, m, outputs...
-- Returns 1, or 0 if somebody else finished it.
if redis.call('XACK', KEYS[1], 'w', ARGV[1]) == 0 then return 0 end
redis.call('XDEL', KEYS[1], ARGV[1])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'error', ARGV[5], 'm', ARGV[6])
redis.call('EXPIRE', KEYS[3], ARGV[3])
if not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[2]) then return 0 end
send(4, 7)
return 1
