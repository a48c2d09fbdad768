-- Lets anybody take a worker's entries at once, by making them look idle for long.
-- KEYS: work stream  ARGV: worker, '1' if the delivery counts as an attempt, ids...
for i = 3, #ARGV do
  local owner, deliveries = pending(KEYS[1], ARGV[i])
  if owner == ARGV[1] then
    if ARGV[2] ~= '1' then deliveries = deliveries - 1 end
    redis.call('XCLAIM', KEYS[1], 'w', owner, 0, ARGV[i], 'IDLE', HANDED_BACK, 'RETRYCOUNT', deliveries, 'JUSTID')
  end
end
return 1
