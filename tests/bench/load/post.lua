-- SPDX-License-Identifier: Apache-2.0
-- post.lua - wrk script: POSTs one body over and over; prints "name value" lines at the end.
--   wrk ... -s post.lua URL -- BODY_FILE [HEADER VALUE]...
function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  file:close()
  wrk.headers["Content-Type"] = "application/json"
  for i = 2, #args - 1, 2 do
    wrk.headers[args[i]] = args[i + 1]
  end
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("requests %d\nduration_us %d\np50 %d\np99 %d\nfailed %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
