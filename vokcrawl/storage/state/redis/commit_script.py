"""How a batch becomes known on a Redis server: in one step, or, where another worker was first, not at all."""

from __future__ import annotations

COMMIT_KEYS = ("marker", "tokens", "entries", "requests", "queue", "claims", "owners")

# KEYS: as above. ARGV[1]: the batch as JSON:
#   version                 of the marker
#   folder, before, token   the token of this folder's last batch, and of this one: what was done is not done again
#   checks  [[key, field, value or null], …]   what must still stand there, for what is to be said rests on it
#   teasers [id, …]         records of teasers: none may have been delivered
#   entries [[id, walk or "", "1" or "0"], …]
#   commands [[command, …], …]                 what is changed
#   run, done [id, …], back [id, …]            requests that are answered, and those to be given back to the queue
# Gives a word first: "done", "version", "forgotten", or "lost" and the ids of articles and of teasers.
COMMIT = """
local batch = cjson.decode(ARGV[1])
local version = redis.call('HGET', KEYS[1], 'version')
if version ~= batch.version then return {'version'} end
local token = redis.call('HGET', KEYS[2], batch.folder) or ''
if token == batch.token then return {'done'} end
if token ~= batch.before then return {'forgotten'} end
local articles, teasers = {}, {}
for _, check in ipairs(batch.checks) do
  local there = redis.call('HGET', check[1], check[2])
  local wanted = check[3]
  if wanted == cjson.null then wanted = false end
  if there ~= wanted then articles[#articles + 1] = check[2] end
end
for _, id in ipairs(batch.teasers) do
  local there = redis.call('HGET', KEYS[3], id)
  if there and string.sub(there, 1, 1) == '1' then teasers[#teasers + 1] = id end
end
if #articles + #teasers > 0 then return {'lost', articles, teasers} end
for _, entry in ipairs(batch.entries) do
  local there = redis.call('HGET', KEYS[3], entry[1]) or '0'
  local delivered, walk = string.sub(there, 1, 1), string.sub(there, 2)
  if entry[3] == '1' then delivered = '1' end
  if entry[2] ~= '' then walk = entry[2] end
  redis.call('HSET', KEYS[3], entry[1], delivered .. walk)
end
for _, command in ipairs(batch.commands) do redis.call(unpack(command)) end
for _, id in ipairs(batch.done) do
  local owner = redis.call('HGET', KEYS[7], id)
  if not owner or owner == batch.run then
    redis.call('HDEL', KEYS[4], id)
    redis.call('ZREM', KEYS[5], id)
    redis.call('ZREM', KEYS[6], id)
    redis.call('HDEL', KEYS[7], id)
  end
end
for _, id in ipairs(batch.back) do
  if redis.call('HGET', KEYS[7], id) == batch.run then
    redis.call('ZREM', KEYS[6], id)
    redis.call('HDEL', KEYS[7], id)
    redis.call('ZADD', KEYS[5], cjson.decode(redis.call('HGET', KEYS[4], id)).score, id)
  end
end
redis.call('HSET', KEYS[2], batch.folder, batch.token)
return {'done'}
"""
