-- Keeps what a look-up found for who goes on with this reply, and tells that it is over.
-- KEYS: found, outputs...  ARGV: what was asked, what was found, ttl, outputs...
-- The first answer stands: whoever goes on is told what the reply was begun with.
if unsettled(2, 4) then return UNSETTLED end
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 1 then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
send(2, 4)
return 1
