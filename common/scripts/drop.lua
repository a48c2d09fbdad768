-- Acknowledges an entry that nothing comes of, if it is still the worker's: who took it over may make something of it.
-- KEYS: work stream  ARGV: id, worker
if pending(KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('XACK', KEYS[1], 'w', ARGV[1])
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
