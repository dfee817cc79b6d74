"""The health file: the result of the last run, for a watchdog, and the notifications sent, for the next run."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vokcrawl.storage.output_folder import PART, is_alive

SCHEMA = "vokcrawl.health/2"
_MAX_BYTES = 1024 * 1024


class Alarm(BaseModel):
    """A monitor that fires: its name, its message, and since when (UTC) it has been firing in each run."""

    monitor: str
    message: str
    since: str


class Health(BaseModel):
    """Contents of the file; docs/alerts.md describes each field. Times are UTC."""

    model_config = ConfigDict(populate_by_name=True)

    schema_: str = Field(default=SCHEMA, alias="schema")
    ok: bool = False
    source: str = ""
    output_dir: str = ""
    host: str = ""
    version: str = ""
    run_id: str | None = None
    ended_at: str = ""
    outcome: str = ""
    exit_code: int | None = None
    in_a_row: int = 0
    message: str = ""
    counts: dict[str, int] = {}
    manifest: str | None = None
    last_ok_at: str | None = None
    expected_by: str | None = None
    alarms: list[Alarm] = []
    monitors: dict[str, str] = {}
    notified: list[str] = []
    notified_at: str | None = None


def read_health(path: Path) -> Health:
    """Return the contents that the last run wrote; empty ones if the file is missing or unreadable."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            return Health()
        health = Health.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return Health()
    return health if health.schema_ == SCHEMA else Health()


def write_health(path: Path, health: Health) -> None:
    """Write the file atomically. Raises `OSError`.

    Two processes may write it at once (one that found the directory locked, and the one that holds the lock), so the
    partial file's name contains the process id. Nothing is fsynced: the file need not survive a power failure.
    Partial files of processes that died while they wrote are deleted.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}{PART}")
    try:
        part.write_text(health.model_dump_json(by_alias=True, indent=2) + "\n", encoding="utf-8")
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    with suppress(OSError):
        for each in path.parent.iterdir():
            number = _part_number(path, each)
            if number is not None and not is_alive(number):
                each.unlink(missing_ok=True)


def _part_number(path: Path, part: Path) -> int | None:
    """The id of the process that a partial file of the health file belongs to; None for another file."""
    number = part.name.removeprefix(f"{path.name}.").removesuffix(PART)
    is_part = part.name == f"{path.name}.{number}{PART}" and number.isascii() and number.isdigit()
    return int(number) if is_part else None
