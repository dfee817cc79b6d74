"""The script that commits a batch on a Redis server: all of it, or nothing if another worker was first."""

from __future__ import annotations

COMMIT_KEYS = ("marker", "tokens", "entries", "requests", "queue", "claims", "owners")

# KEYS: as above. ARGV[1]: the batch as JSON:
#   version                 of the marker
#   folder, before, token   the tokens of this directory's last batch and of this one, so that none is applied twice
#   checks  [[key, field, value or null], …]   values that the batch is based on; they must be unchanged
#   teasers [id, …]         delivered teasers: none may have been delivered before
#   entries [[id, crawl or "", "1" or "0"], …]
#   commands [[command, …], …]                 the changes
#   run, done [id, …], back [id, …]            requests that are finished, and those to return to the queue
# Returns a word first: "done", "version", "forgotten", or "lost" and the ids of articles and of teasers.
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
  local delivered, crawl = string.sub(there, 1, 1), string.sub(there, 2)
  if entry[3] == '1' then delivered = '1' end
  if entry[2] ~= '' then crawl = entry[2] end
  redis.call('HSET', KEYS[3], entry[1], delivered .. crawl)
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
