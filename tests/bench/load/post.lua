-- SPDX-License-Identifier: Apache-2.0
-- post.lua - wrk script: POSTs one body over and over; prints "name value" lines at the end.
--   wrk ... -s post.lua URL -- BODY_FILE [HEADER VALUE]...
-- Where the body says @N@, each request has another number.
function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  file:close()
  wrk.headers["Content-Type"] = "application/json"
  for i = 2, #args - 1, 2 do
    wrk.headers[args[i]] = args[i + 1]
  end
  local at, to = wrk.body:find("@N@", 1, true)
  if at then
    local head, tail, n = wrk.body:sub(1, at - 1), wrk.body:sub(to + 1), os.time() * 1000000
    function request()
      n = n + 1
      return wrk.format(nil, nil, nil, head .. string.format("%d", n) .. tail)
    end
  end
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("requests %d\nduration_us %d\np50 %d\np99 %d\nfailed %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
