"""The tables of the state file, and the migration of older ones. `rows` describes the columns."""

from __future__ import annotations

import sqlite3

from vokcrawl.storage.manifest_v1 import OUTCOMES, current_reason

APPLICATION_ID = 0x564F4B43  # "VOKC", distinguishes the state from other SQLite files
VERSION = 3

_TABLES = {
    "runs": """
CREATE TABLE runs (run_id TEXT PRIMARY KEY, started_at TEXT NOT NULL, ended_at TEXT, outcome TEXT, exit_code INTEGER,
    manifest_sha256 TEXT, manifest_draft TEXT NOT NULL);
CREATE INDEX runs_unfinished ON runs (run_id) WHERE ended_at IS NULL;
""",
    "files": """
CREATE TABLE files (path TEXT PRIMARY KEY, run_id TEXT NOT NULL, bytes INTEGER NOT NULL, records INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE INDEX files_run ON files (run_id);
""",
    "articles": """
CREATE TABLE articles (id TEXT PRIMARY KEY, url TEXT NOT NULL, status TEXT NOT NULL, content_hash TEXT,
    title_hash TEXT, body_hash TEXT, revision INTEGER NOT NULL, truncated INTEGER NOT NULL, source TEXT,
    published_on TEXT, first_seen_at TEXT, checked_at TEXT, next_check_at TEXT, etag TEXT, last_modified TEXT,
    missing_since TEXT, missing_status INTEGER, extractor TEXT, body_length INTEGER) WITHOUT ROWID;
CREATE INDEX articles_due ON articles (next_check_at) WHERE next_check_at IS NOT NULL;
""",
    "listing_crawls": """
CREATE TABLE listing_crawls (number INTEGER PRIMARY KEY, listing TEXT NOT NULL, run_id TEXT NOT NULL,
    complete INTEGER NOT NULL DEFAULT 0, covered_since TEXT);
""",
    "entries": """
CREATE TABLE entries (id TEXT PRIMARY KEY, crawl INTEGER, delivered INTEGER NOT NULL) WITHOUT ROWID;
""",
    "listings": """
CREATE TABLE listings (url TEXT NOT NULL, source TEXT NOT NULL COLLATE NOCASE, first_page_ids TEXT NOT NULL,
    covered_since TEXT, completed_at TEXT NOT NULL, rescanned_at TEXT NOT NULL, etag TEXT, last_modified TEXT,
    PRIMARY KEY (url, source));
""",
    "notes": """
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
""",
    "routes": """
CREATE TABLE routes (start TEXT NOT NULL, source TEXT NOT NULL, route TEXT NOT NULL, PRIMARY KEY (start, source));
""",
    "retries": """
CREATE TABLE retries (id TEXT PRIMARY KEY, url TEXT NOT NULL, reason TEXT NOT NULL, attempts INTEGER NOT NULL,
    first_failed_at TEXT NOT NULL, next_attempt_at TEXT NOT NULL, missing_since TEXT);
""",
    "payloads": """
CREATE TABLE payloads (digest TEXT PRIMARY KEY, url TEXT NOT NULL, date TEXT NOT NULL, file TEXT NOT NULL,
    offset INTEGER NOT NULL) WITHOUT ROWID;
""",
}
# Versions 1 and 2 had these names. Version 1 changed while it was in use: `articles.source`, `listings.source` and the
# tables `notes` and `ways` were added without a new number, so the columns themselves are checked.
_OLD_TABLES = {"listing_crawls": "walks", "routes": "ways", "retries": "owed"}
_OLD_COLUMNS = {
    "manifest_draft": "draft",
    "crawl": "walk",
    "covered_since": "back_to",
    "first_page_ids": "head",
    "rescanned_at": "swept_at",
    "first_failed_at": "first_at",
    "next_attempt_at": "next_at",
}
# The source of a listing in the first releases: the setting of the run that completed its crawl, or its default then.
_LISTING_SOURCE = """coalesce((SELECT json_extract(manifest_draft, '$.settings.VOK_SOURCE') FROM runs
    WHERE started_at = old_listings.completed_at LIMIT 1), 'Voice of Korea (EN)')"""


def create_tables(db: sqlite3.Connection) -> None:
    """Creates all tables in one transaction."""
    db.execute("BEGIN IMMEDIATE")
    for table in _TABLES:
        _create(db, table)
    _commit(db)


def statements(db: sqlite3.Connection) -> set[str]:
    """The statements that created the tables and indexes of a database."""
    query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    return {str(sql) for (sql,) in db.execute(query)}


def migrate(db: sqlite3.Connection) -> None:
    """Brings the tables of version 1 or 2 to the current version, in one transaction that also sets the version.

    Raises `sqlite3.Error` for tables of another form; they stay as they are.
    """
    try:
        db.execute("BEGIN IMMEDIATE")
        old = _old_tables(db)
        for table in _TABLES:
            name = _OLD_TABLES.get(table, table)
            if name in old:
                db.execute(f"ALTER TABLE {name} RENAME TO old_{table}")
        # An index keeps its name when its table is renamed.
        for (index,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall():
            db.execute(f'DROP INDEX "{index}"')
        for table in _TABLES:
            _create(db, table)
            if (source := _OLD_TABLES.get(table, table)) in old:
                _copy(db, table, old[source])
                db.execute(f"DROP TABLE old_{table}")
        for before, now in OUTCOMES.items():
            db.execute("UPDATE runs SET outcome = ? WHERE outcome = ?", (now, before))
        for (reason,) in db.execute("SELECT DISTINCT reason FROM retries").fetchall():
            db.execute("UPDATE retries SET reason = ? WHERE reason = ?", (current_reason(reason), reason))
        _commit(db)
    except sqlite3.Error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _commit(db: sqlite3.Connection) -> None:
    db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    db.execute(f"PRAGMA user_version={VERSION}")
    db.execute("COMMIT")


def _create(db: sqlite3.Connection, table: str) -> None:
    # Not `executescript`, which would commit the transaction.
    for statement in filter(str.strip, _TABLES[table].split(";")):
        db.execute(statement)


def _old_tables(db: sqlite3.Connection) -> dict[str, set[str]]:
    """The tables there are, with the names of their columns."""
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: _columns(db, name) for name in names}


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in db.execute(f'PRAGMA table_info("{table}")')}


def _copy(db: sqlite3.Connection, table: str, old: set[str]) -> None:
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    values = []
    for column in columns:
        name = _OLD_COLUMNS.get(column, column)
        if name in old:
            values.append(name)
        elif (table, column) == ("listings", "source"):
            values.append(_LISTING_SOURCE)
        elif table == "articles" and column in ("source", "extractor", "body_length"):
            values.append("NULL")
        else:
            raise sqlite3.DatabaseError(f"table {_OLD_TABLES.get(table, table)} has no column {name}")
    # The rowid of a run is its place in the chain of manifests.
    rowid = ("rowid", "rowid") if table == "runs" else ()
    into, of = ", ".join([*columns, *rowid[:1]]), ", ".join([*values, *rowid[1:]])
    db.execute(f"INSERT INTO {table} ({into}) SELECT {of} FROM old_{table}")  # noqa: S608
