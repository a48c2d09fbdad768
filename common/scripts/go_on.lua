-- Publishes a question whose reply sounds already, for a server that forgot it: whoever takes it goes on after the sentences of which
-- sound was heard of.
-- KEYS: work stream, call, out, done  ARGV: fence, turn, out ttl, maxlen, m, sentences...
-- Returns 1; 0 where nothing is forgotten, or somebody says it in other words; -1 if it is not wanted any more.
-- Who worked on it before owns no entry here, so not one sentence more of theirs goes out; where they do, they and who takes this one
-- are two on a reply, as after any publication that was repeated.
if taken(KEYS[2], ARGV[1]) or stale(KEYS[2], ARGV[2], '1') then return -1 end
local known, number = redis.call('LRANGE', KEYS[3], 0, -1), #ARGV - 5
if #known >= number or redis.call('EXISTS', KEYS[4]) == 1 then return 0 end
for i, sentence in ipairs(known) do
  if sentence ~= ARGV[5 + i] then return 0 end
end
for i = #known + 1, number do redis.call('RPUSH', KEYS[3], ARGV[5 + i]) end
redis.call('EXPIRE', KEYS[3], ARGV[3])
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], '*', 'm', ARGV[5])
return 1
