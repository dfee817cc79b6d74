"""The rows of a state as they are stored, for `verify`."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from vokcrawl.storage.state.sqlite import SqliteState


def test_text_that_is_not_utf_8_is_read_with_replacements(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    SqliteState.open(path, expected=False).close()
    db = sqlite3.connect(path)
    rows = [(f"name-{number}", f"value {number}") for number in range(9)]
    db.executemany("INSERT INTO notes (name, value) VALUES (?, ?)", rows)
    db.execute("UPDATE notes SET value = CAST(x'61ff62' AS TEXT) WHERE name IN ('name-4', 'name-7')")
    db.commit()
    db.close()
    state = SqliteState.open(path, expected=False, read_only=True)
    found = [(row["name"], row["value"]) for row in state.table("notes")]
    state.close()
    expected = {**dict(rows), "name-4": "a\ufffdb", "name-7": "a\ufffdb"}
    assert len(found) == len(rows)
    assert dict(found) == expected
