-- Finishes an entry: acknowledged, and its outputs sent, or nothing sent at all.
-- KEYS: work stream, call, done, out, asked, outputs...
-- ARGV: id, worker, turn, by_turn, done ttl, how many sentences the reply has ('' if it is none), asked, outputs...
-- Returns 1 if sent, 0 if somebody else finished it, or is further with the reply, -1 if it is stale.
-- Two workers may hold the entry: the first one to finish it counts, whoever owns it; but who is not the furthest does not end a
-- reply. Further is who has more sentences out, or asked for more (a list that was added to is longer), and that one has an entry.
local owner = pending(KEYS[1], ARGV[1])
local further = ARGV[6] ~= '' and (redis.call('LLEN', KEYS[4]) > tonumber(ARGV[6]) or redis.call('STRLEN', KEYS[5]) > #ARGV[7])
if not owner or (further and owner ~= ARGV[2]) then return 0 end
if unsettled(6, 8) then return UNSETTLED end
redis.call('XACK', KEYS[1], 'w', ARGV[1])
redis.call('XDEL', KEYS[1], ARGV[1])
if stale(KEYS[2], ARGV[3], ARGV[4]) then return -1 end
-- The same piece may have come as another entry: a publication that was repeated.
if further or not redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[5]) then return 0 end
send(6, 8)
return 1
