"""What a person should look at, most urgent first: pure, from what is known to a few sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from vokcrawl.reporting.outcome_help import outcome_help
from vokcrawl.reporting.report.runs import RunTold
from vokcrawl.utils.humanize import format_duration, pluralize
from vokcrawl.utils.program import PROGRAM

# A schedule that has not run for so long has probably stopped.
_SILENT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Notice:
    """`look` wants a person's eyes, `know` only tells; `detail` may name what others have written."""

    level: Literal["look", "know"]
    text: str
    detail: tuple[str, ...] = ()


def notices(
    status: Mapping[str, Any], runs: Sequence[RunTold], faults: Sequence[str], all_faults: int, now: datetime
) -> Iterator[Notice]:
    """`status` is what `scrapy status` tells, `faults` are those of `all_faults` lines and manifests that are named."""
    if all_faults:
        more = (f"and {all_faults - len(faults):,} more",) if all_faults > len(faults) else ()
        named = pluralize(all_faults, "fault") + (" was" if all_faults == 1 else " were")
        told = (
            f"{named} found in what was delivered; what could be read is told here. "
            f"`{PROGRAM} verify` checks everything."
        )
        yield Notice("look", told, (*faults, *more))
    yield from _of_run(status["last_run"], runs, now)
    if not status["listings"]:
        yield Notice("look", "No listing has had a complete walk yet: there may be older articles that nobody has met.")
    if status["pending_retries"]:
        owed = pluralize(len(status["pending_retries"]), "article")
        yield Notice(
            "look", f"{owed} could not be had yet, and {'is' if len(status['pending_retries']) == 1 else 'are'} owed."
        )


def _of_run(last: Mapping[str, Any] | None, runs: Sequence[RunTold], now: datetime) -> Iterator[Notice]:
    if last is None:
        return
    began = datetime.fromisoformat(last["started_at"])
    if last["outcome"].startswith("running"):
        yield Notice("know", f"Run {last['run_id']} is under way; what it delivers is told here once it has ended.")
        return
    newest = runs[-1] if runs else None
    if newest is None or newest.kind == "bad":
        said = outcome_help(last["outcome"])
        why = f": {said.meaning}. What to do: {said.next}." if said else "."
        yield Notice("look", f"The last run ended as “{last['outcome']}”{why}")
    if now - began > _SILENT:
        yield Notice(
            "look", f"The last run began {format_duration((now - began).total_seconds())} ago. Is its schedule at work?"
        )
