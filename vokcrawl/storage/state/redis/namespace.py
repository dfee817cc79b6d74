"""The keys of this project on a Redis server, and the marker that shows its version."""

from __future__ import annotations

from vokcrawl.utils.program import PROGRAM

APPLICATION = "vokcrawl"
# Active runs, sorted by the time (milliseconds since 1970) until which they count as active.
AT_WORK = "workers"
# All keys except the marker and those of single directories: the state, then the queue.
NAMES = (
    *("articles", "retries", "entries", "listing_crawls", "listings", "routes", "notes", "due", "delivered"),
    *("statuses", "days", "counts", "tokens", "folders", "run_ids", "requests", "queue", "claims", "owners", "crawl"),
    *(AT_WORK, "deferred_teasers", "related_only"),
)
# Raised when the format of the stored data changes.
VERSION = 2

FORGOTTEN = (
    "it has lost committed data: was an older copy of it restored, or is its append-only file off? Stop all "
    f"workers, and run `{PROGRAM} repair --rebuild-state` with all their folders"
)
# Begins every script but the next one; the marker is its last key.
GUARD = "if redis.call('EXISTS', KEYS[#KEYS]) == 0 then return redis.error_reply('FORGOTTEN its marker') end\n"

# KEYS: the marker, and all keys of `NAMES`. ARGV: application, version, whether to create the marker. Returns
# what exists: "foreign" and a key, "version" and the version, "ours", or "none".
OPEN = """
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then
  for _, key in ipairs(KEYS) do
    if redis.call('EXISTS', key) == 1 then return {'foreign', key} end
  end
  if ARGV[3] == '0' then return {'none', ''} end
  redis.call('HSET', KEYS[1], 'application', ARGV[1], 'version', ARGV[2])
  return {'ours', ''}
end
if kind ~= 'hash' or redis.call('HGET', KEYS[1], 'application') ~= ARGV[1] then return {'foreign', KEYS[1]} end
local version = redis.call('HGET', KEYS[1], 'version')
if version ~= ARGV[2] then return {'version', version} end
return {'ours', ''}
"""
