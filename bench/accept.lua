-- wrk script: every request is a new receipt under a key of its own.
-- Arguments after "--": run name, token, number of items, query of the address.

local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  local run, token, items = args[1], args[2], tonumber(args[3])
  local item = '{"name":"Ботинки зимние, кожа, размер 42","price":"4990.00","quantity":1,' ..
    '"payment_method":"full_payment","payment_object":"commodity","vat":"vat22"}'
  local lines = {}
  for i = 1, items do lines[i] = item end
  tail = '","operation":"sell","taxation":"osn","order":"1001","customer":{"email":"buyer@example.ru"},"items":[' ..
    table.concat(lines, ",") .. '],"payments":[{"type":"electronic","sum":"' .. (4990 * items) .. '.00"}]}'
  path = "/api/v1/receipts" .. (args[4] or "")
  head = '{"id":"' .. run .. "-" .. number .. "-"
  headers = { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. token }
  sent = 0
end

function request()
  sent = sent + 1
  return wrk.format("POST", path, headers, head .. sent .. tail)
end

function done(summary, latency, requests)
  io.write(string.format(
    '{"requests":%d,"seconds":%.3f,"p50_us":%.0f,"p99_us":%.0f,"max_us":%.0f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency.max,
    summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
