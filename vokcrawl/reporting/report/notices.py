"""Notices about what needs attention, most urgent first. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from vokcrawl.reporting.backfill import describe_backfill
from vokcrawl.reporting.outcome_help import outcome_help
from vokcrawl.reporting.report.runs import ReportedRun
from vokcrawl.utils.humanize import format_duration, pluralize
from vokcrawl.utils.program import PROGRAM

# Without a run for this long, the schedule has probably stopped.
_SILENT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice: `look` needs attention, `know` is information; `detail` may contain untrusted text."""

    level: Literal["look", "know"]
    text: str
    detail: tuple[str, ...] = ()


def notices(
    status: Mapping[str, Any], runs: Sequence[ReportedRun], faults: Sequence[str], all_faults: int, now: datetime
) -> Iterator[Notice]:
    """Yield notices. `status` is that of `scrapy status`; `faults` are the listed ones of `all_faults`."""
    if all_faults:
        more = (f"and {all_faults - len(faults):,} more",) if all_faults > len(faults) else ()
        text = (
            f"{pluralize(all_faults, 'fault')} in delivered files; the report contains what could be read. "
            f"`{PROGRAM} verify` checks everything."
        )
        yield Notice("look", text, (*faults, *more))
    yield from _of_run(status["last_run"], runs, now)
    for each in status["backfills"]:
        text = "The crawl of a listing is not complete yet; the next run continues it."
        yield Notice("know", text, (f"{each['url']}: {describe_backfill(each)}",))
    if not status["listings"] and not status["backfills"]:
        yield Notice("look", "No crawl of a listing is complete yet: older articles may be missing.")
    if status["pending_retries"]:
        retries = pluralize(len(status["pending_retries"]), "article")
        yield Notice("look", f"{retries} could not be fetched yet and will be retried.")


def _of_run(last: Mapping[str, Any] | None, runs: Sequence[ReportedRun], now: datetime) -> Iterator[Notice]:
    if last is None:
        return
    began = datetime.fromisoformat(last["started_at"])
    if last["outcome"].startswith("running"):
        yield Notice("know", f"Run {last['run_id']} is running; its records are included when it has ended.")
        return
    newest = runs[-1] if runs else None
    if newest is None or newest.kind == "bad":
        said = outcome_help(last["outcome"])
        why = f": {said.meaning}. What to do: {said.next}." if said else "."
        yield Notice("look", f"The last run ended as “{last['outcome']}”{why}")
    if now - began > _SILENT:
        yield Notice(
            "look", f"The last run started {format_duration((now - began).total_seconds())} ago. Check the schedule."
        )
