-- Gives an entry up, if it is still the worker's: dead letter, acknowledgement, and word to the gateway.
-- KEYS: work stream, call, done, dead letters, outputs...
-- ARGV: id, worker, turn, by_turn, done ttl, dead ttl, dead maxlen, error, m, outputs...
-- Returns 1, 0 if somebody else finished it, or has it, or -1 if it is stale: then it ends as if it was not wanted any more.
if pending(KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('XACK', KEYS[1], 'w', ARGV[1])
redis.call('XDEL', KEYS[1], ARGV[1])
if stale(KEYS[2], ARGV[3], ARGV[4]) then return -1 end
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[7], '*', 'error', ARGV[8], 'm', ARGV[9])
redis.call('EXPIRE', KEYS[4], ARGV[6])
if not redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[5]) then return 0 end
send(5, 10)
return 1
