-- Managed by role site_edge. A request waits here while no site may sell, and goes on within a moment of one that may. It has been sent
-- nowhere yet, so nothing can happen twice. HAProxy's own queue serves servers that are full; for one that is down it only tries to
-- connect, once a second. Interface: https://www.arpalert.org/src/haproxy-lua-api/2.6/
local LOOK_EVERY = 25 -- milliseconds

local function now()
  local moment = core.now()
  return moment.sec + moment.usec / 1000000
end

-- seconds: how long at most. The backend is asked for servers that would take a new request.
core.register_action("await_writer", {"http-req"}, function(txn, seconds)
  local until_then = now() + tonumber(seconds)
  while tonumber(txn.f:nbsrv("writer")) == 0 and now() < until_then do
    core.msleep(LOOK_EVERY)
  end
end, 1)
