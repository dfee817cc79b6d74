"""The runs of the report, from their manifests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vokcrawl.errors import ExitCode
from vokcrawl.normalize import parse_utc
from vokcrawl.policy.outcome import BACKFILL, NOTHING_NEW, WORDS
from vokcrawl.storage.manifest import Manifest

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
