"""What a run leaves about itself, beside its manifest."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

# All monitors off.
OFF: dict[str, object] = {
    "VOK_ALERT_OUTCOMES": "",
    "VOK_ALERT_FEW_ARTICLES": 0,
    "VOK_ALERT_COVERAGE": "",
    "VOK_ALERT_ERRORS": 0,
    "VOK_ALERT_METERED": 0,
    "VOK_ALERT_AGE_HOURS": 0,
    "VOK_ALERT_UNFINISHED_RUNS": 0,
    "VOK_ALERT_FREE_MB": 0,
}


def health_of(output: Path) -> dict[str, Any]:
    told = json.loads((output / "health.json").read_bytes())
    assert isinstance(told, dict)
    return told


def alarms_of(output: Path) -> dict[str, str]:
    """What fires, and what is said of it."""
    return {alarm["monitor"]: alarm["message"] for alarm in health_of(output)["alarms"]}


def alarms_in(log: str) -> dict[str, str]:
    """The same as the log has it."""
    return dict(re.findall(r"WARNING: Alarm (\w+): (.*)", log))
