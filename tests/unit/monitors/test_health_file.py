"""The health file is written atomically, and nothing is left of processes that died while they wrote it."""

from __future__ import annotations

import os
from pathlib import Path

from vokcrawl.monitors.health import Health, read_health, write_health

# No process has such an id: the maximum of Linux is 2**22.
DEAD = 2**22 + 1


def test_partial_files_of_dead_processes_are_deleted(tmp_path: Path) -> None:
    path = tmp_path / "health.json"
    living = f"health.json.{os.getppid()}.part"
    others = ["health.json.part", f"health.json.{DEAD}", f"other.json.{DEAD}.part", "health.json.x.part", living]
    for name in (f"health.json.{DEAD}.part", f"health.json.{10**30}.part", *others):
        (tmp_path / name).write_text("{")
    write_health(path, Health(message="written"))
    assert read_health(path).message == "written"
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(["health.json", *others])
