"""The health file: how the last run ended, for a watchdog, and what was told of it, for the next run."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vokcrawl.storage.output_folder import PART

SCHEMA = "vokcrawl.health/1"
_MOST_BYTES = 1024 * 1024


class Alarm(BaseModel):
    """One monitor that fired: which, what it says, and since when (UTC) it has been firing run after run."""

    monitor: str
    message: str
    since: str


class Health(BaseModel):
    """What stands in the file; docs/alerts.md explains each field. Moments are UTC."""

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
    told: list[str] = []
    told_at: str | None = None


def read_health(path: Path) -> Health:
    """What the last run left there; an empty one when there is none, or none that can be read."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return Health()
        health = Health.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return Health()
    return health if health.schema_ == SCHEMA else Health()


def write_health(path: Path, health: Health) -> None:
    """Writes it so that nobody sees half of it. Raises `OSError`.

    It may be written by two processes at once (one that was refused the folder, and the one that holds it); hence the
    name of its own. It need not outlive a power cut, which is why nothing is fsynced.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}{PART}")
    try:
        part.write_text(health.model_dump_json(by_alias=True, indent=2) + "\n", encoding="utf-8")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
