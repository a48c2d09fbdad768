-- Takes workers out of the group that own nothing and were silent for long: those that ended without leaving.
-- KEYS: work stream  ARGV: silence in ms, names...
-- Whether they own nothing is looked at in the same step: what a worker owns is lost with it.
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], 'w')
if consumers.err then return 0 end
local named = {}
for i = 2, #ARGV do named[ARGV[i]] = true end
local gone = 0
for _, fields in ipairs(consumers) do
  local about = {}
  for i = 1, #fields, 2 do about[fields[i]] = fields[i + 1] end
  if named[about['name']] and tonumber(about['pending']) == 0 and tonumber(about['idle']) > tonumber(ARGV[1]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], 'w', about['name'])
    gone = gone + 1
  end
end
return gone
