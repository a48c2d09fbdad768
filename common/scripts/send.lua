-- Sends outputs whose stream was not there a moment ago.
-- KEYS: outputs...  ARGV: outputs...
-- Returns 1, or 0 if it is not there: its gateway is gone.
if unsettled(1, 1) then return UNSETTLED end
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
send(1, 1)
return 1
