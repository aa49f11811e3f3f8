-- For wrk: every request is another TeleCMI record of about 500 bytes, with a random id and the present time, as real
-- ones have. RUN in the environment tells the records of one run from those of another.
local random, format = math.random, string.format
local head = '{"virtual_number":"440000000000","call_id":"c4504776-d91e-123b-29a7-56000429abc3","custom":"{\\"crm\\":\\"true\\"}",'
  .. '"leg":"a","type":"cdr","appid":2222223,"to":442000000000,"cmiuuid":"'
local middle = '","status":"missed","user":"202_2222223","time":'
local tail = ',"direction":"outbound","hangup_reason":"recv_cancel","request_id":"D8qpRb27mpXEYgEdAMY6arnQ2ONAB04Y86QrfKbOWZQ",'
  .. '"extra_params":"{\\"click2call\\":\\"true\\"}"}'
local four = {}
for i = 0, 65535 do four[i] = format("%04x", i) end
local count, now, place = 0, os.time() * 1000, ""

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

function init()
  local seed = os.time()
  for i = 1, #(os.getenv("RUN") or "0") do seed = (seed * 31 + (os.getenv("RUN") or "0"):byte(i)) % 2147483647 end
  math.randomseed(seed)
  place = four[seed % 65536]
end

function request()
  count = count + 1
  if count % 512 == 0 then now = os.time() * 1000 + count % 1000 end
  local id = four[random(0, 65535)] .. four[random(0, 65535)] .. "-" .. place .. "-4a10-" .. four[random(0, 65535)] .. "-" .. count
  return wrk.format(nil, nil, nil, head .. id .. middle .. now .. tail)
end
