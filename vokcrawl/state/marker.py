"""What tells this project's names on a Redis server from those of others, and from those of other versions of it."""

from __future__ import annotations

APPLICATION = "vokcrawl"
# The runs that are at work, sorted by the moment (milliseconds since 1970) until which they count as that.
AT_WORK = "workers"
# Raised when the form of what lies there changes, or what workers say to each other by it.
VERSION = 1

FORGOTTEN = (
    "it has forgotten what was committed: was an older copy of it restored, or is its append-only file off? Stop all "
    "workers, and run `scrapy repair --rebuild-state` with all their folders"
)
# Begins every script but the next one; the marker is its last key.
GUARD = "if redis.call('EXISTS', KEYS[#KEYS]) == 0 then return redis.error_reply('FORGOTTEN its marker') end\n"

# KEYS: the marker. ARGV: prefix, application, version, whether to make it. Gives what is there: "foreign" and a key,
# "version" and the version, "ours", or "none".
OPEN = """
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then
  for _, name in ipairs({'articles', 'entries', 'owed', 'requests', 'queue', 'claims', 'crawl', 'folders', 'runs'}) do
    local key = ARGV[1] .. ':' .. name
    if redis.call('EXISTS', key) == 1 then return {'foreign', key} end
  end
  if ARGV[4] == '0' then return {'none', ''} end
  redis.call('HSET', KEYS[1], 'application', ARGV[2], 'version', ARGV[3])
  return {'ours', ''}
end
if kind ~= 'hash' or redis.call('HGET', KEYS[1], 'application') ~= ARGV[2] then return {'foreign', KEYS[1]} end
local version = redis.call('HGET', KEYS[1], 'version')
if version ~= ARGV[3] then return {'version', version} end
return {'ours', ''}
"""
