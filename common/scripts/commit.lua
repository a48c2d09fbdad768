-- Finishes an entry: acknowledged, and its outputs sent, or nothing sent at all.
-- KEYS: work stream, call, done, outputs...  ARGV: id, turn, by_turn, done ttl, outputs...
-- Returns 1 if sent, 0 if somebody else finished it, -1 if it is stale.
-- The acknowledgement comes first: two workers may hold the entry, one of them wins it.
if unsettled(4, 5) then return UNSETTLED end
if redis.call('XACK', KEYS[1], 'w', ARGV[1]) == 0 then return 0 end
redis.call('XDEL', KEYS[1], ARGV[1])
if stale(KEYS[2], ARGV[2], ARGV[3]) then return -1 end
-- The same piece may have come as another entry: a publication that was repeated.
if not redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[4]) then return 0 end
send(4, 5)
return 1
