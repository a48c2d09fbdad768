-- Acknowledges an entry that nothing comes of.
-- KEYS: work stream  ARGV: id
redis.call('XACK', KEYS[1], 'w', ARGV[1])
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
