-- Counts the different arguments that a tool without effects is used with in a call, as far as the agent's file allows them.
-- KEYS: looked  ARGV: digest of the arguments, how many different ones there may be, ttl
-- Returns 1 if it may be used with these, 0 if it was used with so many others.
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then
  if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
  redis.call('SADD', KEYS[1], ARGV[1])
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
