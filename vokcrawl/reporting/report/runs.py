"""The runs of the report, from their manifests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from vokcrawl.errors import ExitCode
from vokcrawl.normalize import parse_utc
from vokcrawl.policy.outcome import BACKFILL, NOTHING_NEW, WORDS
from vokcrawl.storage.manifest import Manifest

# Maximum number of periods in which a plot shows runs: more of them would overlap.
MAX_DRAWN = 400

T = TypeVar("T", int, float)
Kind = Literal["good", "stopped", "bad"]
# Outcomes that are not listed are bad.
_KINDS: dict[str, Kind] = {
    WORDS[ExitCode.OK]: "good",
    NOTHING_NEW: "good",
    BACKFILL: "good",
    WORDS[ExitCode.INTERRUPTED]: "stopped",
}


@dataclass(frozen=True, slots=True)
class ReportedRun:
    """A run: duration in `seconds`, `stored` bytes, and the number of errors by reason (`noted`).

    What a crashed run could not record is None.
    """

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


def run_of(manifest: Manifest, revised: int) -> ReportedRun:
    """The run of a manifest; `revised` of its articles are later versions."""
    began = parse_utc(manifest.started_at)
    seconds = (parse_utc(manifest.ended_at) - began).total_seconds() if manifest.ended_at else None
    noted = [(reason, error.count) for reason, error in manifest.errors.items()]
    return ReportedRun(
        run_id=manifest.run_id,
        began=began,
        seconds=seconds,
        outcome=manifest.outcome,
        kind=_KINDS.get(manifest.outcome, "bad"),
        exit_code=manifest.exit_code,
        requests=manifest.requests,
        new=max(0, manifest.counts.get("articles", 0) - revised),
        revised=revised,
        removed=manifest.counts.get("removals", 0),
        teasers=manifest.counts.get("teasers", 0),
        stored=sum(each.bytes for each in manifest.files),
        noted=sorted(noted, key=lambda each: (-each[1], each[0])),
    )


def merged_runs(runs: Sequence[ReportedRun]) -> list[ReportedRun]:
    """Return the runs with a start, for a plot: many of them are merged into `MAX_DRAWN` periods of equal length.

    Runs of one period and kind become one, with the highest number of each count, and the sum of their bytes.
    """
    dated = [(run.began, run) for run in runs if run.began is not None]
    if len(dated) <= MAX_DRAWN:
        return [run for _, run in dated]
    first, last = min(began for began, _ in dated), max(began for began, _ in dated)
    length = max((last - first) / (MAX_DRAWN - 1), timedelta(seconds=1))
    periods: dict[tuple[int, Kind], list[ReportedRun]] = {}
    for began, run in sorted(dated, key=lambda each: each[0]):
        periods.setdefault(((began - first) // length, run.kind), []).append(run)
    # In the order of the first run of each.
    return [_merged(each) for each in periods.values()]


def _merged(runs: Sequence[ReportedRun]) -> ReportedRun:
    return replace(
        runs[0],
        seconds=_highest(run.seconds for run in runs),
        requests=_highest(run.requests for run in runs),
        new=max(run.new for run in runs),
        stored=sum(run.stored for run in runs),
    )


def _highest(values: Iterable[T | None]) -> T | None:
    return max((value for value in values if value is not None), default=None)
