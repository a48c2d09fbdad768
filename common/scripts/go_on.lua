-- Publishes a question whose reply sounds already, for a server that forgot it: whoever takes it goes on after the sentences of which
-- sound was heard of, with what was asked for up to there.
-- KEYS: work stream, call, out, asked, done  ARGV: fence, turn, out ttl, maxlen, m, asked, sentences...
-- Returns 1; 0 where nothing is forgotten, or somebody says it in other words; -1 if it is not wanted any more.
-- Who worked on it before owns no entry here, so not one sentence more of theirs goes out; where they do, they and who takes this one
-- are two on a reply, as after any publication that was repeated.
if taken(KEYS[2], ARGV[1]) or stale(KEYS[2], ARGV[2], '1') then return -1 end
local known, number = redis.call('LRANGE', KEYS[3], 0, -1), #ARGV - 6
local forgets = #known < number or redis.call('STRLEN', KEYS[4]) < #ARGV[6]
if not forgets or redis.call('EXISTS', KEYS[5]) == 1 then return 0 end
for i = 1, math.min(#known, number) do
  if known[i] ~= ARGV[6 + i] then return 0 end
end
for i = #known + 1, number do redis.call('RPUSH', KEYS[3], ARGV[6 + i]) end
redis.call('EXPIRE', KEYS[3], ARGV[3])
if ARGV[6] ~= '' then redis.call('SET', KEYS[4], ARGV[6], 'EX', ARGV[3]) end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], '*', 'm', ARGV[5])
return 1
