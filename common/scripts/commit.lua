-- Finishes an entry: acknowledged, and its outputs sent, or nothing sent at all.
-- KEYS: work stream, call, done, out, asked, outputs...
-- ARGV: id, worker, turn, by_turn, done ttl, asked, how many sentences the reply has ('' if it is none), sentences..., outputs...
-- Returns 1 if sent, 0 if somebody else finished it, or is further with the reply, -1 if it is stale, -2 if sentences of the reply are to
-- be sent again before: Redis forgot them.
-- Two workers may hold the entry: the first one to finish it counts, whoever owns it; but who was overtaken does not end a reply: by who
-- has more sentences out, or other ones, or asked for more (a list that was added to is longer). That one has an entry.
local owner, void = pending(KEYS[1], ARGV[1]), stale(KEYS[2], ARGV[3], ARGV[4])
local count = tonumber(ARGV[7])
local length, fits = beside(KEYS[4], 8, count or 0)
local overtaken = count and (not fits or redis.call('STRLEN', KEYS[5]) > #ARGV[6])
if not owner or (overtaken and owner ~= ARGV[2]) then return 0 end
if count and length < count and not overtaken and not void then return -2 end
local outputs = 8 + (count or 0)
if unsettled(6, outputs) then return UNSETTLED end
redis.call('XACK', KEYS[1], 'w', ARGV[1])
redis.call('XDEL', KEYS[1], ARGV[1])
if void then return -1 end
-- The same piece may have come as another entry: a publication that was repeated.
if overtaken or not redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[5]) then return 0 end
send(6, outputs)
return 1
