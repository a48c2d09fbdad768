-- Adds what was spent to the sums of a day.
-- KEYS: the day's sums  ARGV: most names, seconds that they are kept, then name and millionths of a dollar in turns
-- A new name beyond the most is left out; all calls and agents are there before it comes to that, callers may not be.
for i = 3, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 or redis.call('HLEN', KEYS[1]) < tonumber(ARGV[1]) then
    redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
