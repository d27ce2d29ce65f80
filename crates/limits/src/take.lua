-- Takes one token; the same arithmetic as bucket.rs, in microseconds of Redis's clock.
-- KEYS[1]: the bucket, whose value is when it is full again. ARGV: window, interval.
-- Answers how long until the bucket is full, and how long to wait for a token.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window, interval = tonumber(ARGV[1]), tonumber(ARGV[2])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local debt = full_at + interval - now
if debt > window then
  return { full_at - now, debt - window }
end
redis.call('SET', KEYS[1], string.format('%.0f', now + debt), 'PX', math.ceil(debt / 1000))
return { debt, 0 }
