"""The tables of the state file. A change raises `VERSION`; what each column means is said by `rows`."""

from __future__ import annotations

APPLICATION_ID = 0x564F4B43  # "VOKC": tells our file from any other SQLite file
VERSION = 2

SCHEMA = """
CREATE TABLE runs (run_id TEXT PRIMARY KEY, started_at TEXT NOT NULL, ended_at TEXT, outcome TEXT, exit_code INTEGER,
    manifest_sha256 TEXT, draft TEXT NOT NULL);
CREATE INDEX runs_unfinished ON runs (run_id) WHERE ended_at IS NULL;
CREATE TABLE files (path TEXT PRIMARY KEY, run_id TEXT NOT NULL, bytes INTEGER NOT NULL, records INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE INDEX files_run ON files (run_id);
CREATE TABLE articles (id TEXT PRIMARY KEY, url TEXT NOT NULL, status TEXT NOT NULL, content_hash TEXT,
    title_hash TEXT, body_hash TEXT, revision INTEGER NOT NULL, truncated INTEGER NOT NULL, source TEXT,
    published_on TEXT, first_seen_at TEXT, checked_at TEXT, next_check_at TEXT, etag TEXT, last_modified TEXT,
    missing_since TEXT, missing_status INTEGER) WITHOUT ROWID;
CREATE INDEX articles_due ON articles (next_check_at) WHERE next_check_at IS NOT NULL;
CREATE TABLE walks (number INTEGER PRIMARY KEY, listing TEXT NOT NULL, run_id TEXT NOT NULL,
    complete INTEGER NOT NULL DEFAULT 0, back_to TEXT);
CREATE TABLE entries (id TEXT PRIMARY KEY, walk INTEGER, delivered INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE listings (url TEXT NOT NULL, source TEXT NOT NULL COLLATE NOCASE, head TEXT NOT NULL, back_to TEXT,
    completed_at TEXT NOT NULL, swept_at TEXT NOT NULL, etag TEXT, last_modified TEXT, PRIMARY KEY (url, source));
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE ways (start TEXT NOT NULL, source TEXT NOT NULL, route TEXT NOT NULL, PRIMARY KEY (start, source));
CREATE TABLE owed (id TEXT PRIMARY KEY, url TEXT NOT NULL, reason TEXT NOT NULL, attempts INTEGER NOT NULL,
    first_at TEXT NOT NULL, next_at TEXT NOT NULL, missing_since TEXT);
CREATE TABLE payloads (digest TEXT PRIMARY KEY, url TEXT NOT NULL, date TEXT NOT NULL, file TEXT NOT NULL,
    offset INTEGER NOT NULL) WITHOUT ROWID;
"""

# What makes a file of the version that is named one of the next.
MIGRATIONS = {
    1: """
CREATE TABLE payloads (digest TEXT PRIMARY KEY, url TEXT NOT NULL, date TEXT NOT NULL, file TEXT NOT NULL,
    offset INTEGER NOT NULL) WITHOUT ROWID;
""",
}
