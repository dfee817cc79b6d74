"""Reads the health file and the alarms of the log."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

# Disables all monitors.
OFF: dict[str, object] = {
    "VOK_ALERT_OUTCOMES": "",
    "VOK_ALERT_FEW_ARTICLES": 0,
    "VOK_ALERT_COVERAGE": "",
    "VOK_ALERT_ERRORS": 0,
    "VOK_ALERT_TRUNCATED": 0,
    "VOK_ALERT_AGE_HOURS": 0,
    "VOK_ALERT_UNFINISHED_RUNS": 0,
    "VOK_ALERT_FREE_MB": 0,
}


def health_of(output: Path) -> dict[str, Any]:
    health = json.loads((output / "health.json").read_bytes())
    assert isinstance(health, dict)
    return health


def alarms_of(output: Path) -> dict[str, str]:
    """The firing monitors and their messages, from the health file."""
    return {alarm["monitor"]: alarm["message"] for alarm in health_of(output)["alarms"]}


def alarms_in(log: str) -> dict[str, str]:
    """The same, from the log."""
    return dict(re.findall(r"WARNING: Alarm (\w+): (.*)", log))
