-- Whether nothing is left to do for an entry, and what time it is.
-- KEYS: done, call, boot, replies, its gateway's liveness  ARGV: turn, by_turn, settling ms
-- Returns 1 or 0, and the server's time: seconds, microseconds.
-- A gateway is gone if either of its keys is, but not on a server that forgot everything: it may come back.
local gone = redis.call('EXISTS', KEYS[4], KEYS[5]) < 2 and not may_come_back(KEYS[3], ARGV[3])
local over = gone or redis.call('EXISTS', KEYS[1]) == 1 or stale(KEYS[2], ARGV[1], ARGV[2])
local now = redis.call('TIME')
return {over and 1 or 0, tonumber(now[1]), tonumber(now[2])}
