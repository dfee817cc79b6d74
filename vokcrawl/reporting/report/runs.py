"""The runs as their manifests tell of them. What a manifest does not say, or not in its form, is not known (None)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from vokcrawl.errors import ExitCode
from vokcrawl.policy.outcome import CRASHED, NOTHING_NEW, WORDS

Kind = Literal["good", "stopped", "bad"]
# How an outcome is to be taken; all others are bad.
_KINDS: dict[str, Kind] = {
    WORDS[ExitCode.OK]: "good",
    NOTHING_NEW: "good",
    WORDS[ExitCode.INTERRUPTED]: "stopped",
}


@dataclass(frozen=True, slots=True)
class RunTold:
    """One run: `seconds` is how long it took, `stored` how many bytes it delivered, `noted` its reasons, counted."""

    run_id: str
    began: datetime | None
    seconds: float | None
    outcome: str
    kind: Kind
    exit_code: int | None
    requests: int | None
    new: int
    revised: int
    removed: int
    teasers: int
    stored: int
    noted: list[tuple[str, int]]


def run_of(manifest: Mapping[str, Any], revised: int) -> RunTold:
    """What a manifest tells; `revised` of the run's articles are later versions."""
    began, ended = _moment(manifest.get("started_at")), _moment(manifest.get("ended_at"))
    counts = _mapping(manifest.get("counts"))
    outcome = str(manifest.get("outcome") or CRASHED)
    errors = _mapping(manifest.get("errors"))
    noted = [(str(reason), _number(_mapping(told).get("count")) or 0) for reason, told in errors.items()]
    files = manifest.get("files")
    return RunTold(
        run_id=str(manifest.get("run_id")),
        began=began,
        seconds=(ended - began).total_seconds() if began and ended else None,
        outcome=outcome,
        kind=_KINDS.get(outcome, "bad"),
        exit_code=_number(manifest.get("exit_code")),
        requests=_number(manifest.get("requests")),
        new=max(0, (_number(counts.get("articles")) or 0) - revised),
        revised=revised,
        removed=_number(counts.get("removals")) or 0,
        teasers=_number(counts.get("teasers")) or 0,
        stored=sum(_number(_mapping(each).get("bytes")) or 0 for each in (files if isinstance(files, list) else [])),
        noted=sorted(noted, key=lambda each: (-each[1], each[0])),
    )


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    # A moment without a zone could not be compared with the others.
    return moment if moment.tzinfo is not None else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
