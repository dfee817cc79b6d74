"""The state of an output directory as plain values, for `scrapy status` and `scrapy report`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from vokcrawl.normalize import utc
from vokcrawl.policy.outcome import CRASHED, RUNNING
from vokcrawl.reporting.backfill import backfills
from vokcrawl.storage.disk_usage import disk_use
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import RunRow, Status

SCHEMA = "vokcrawl.status/2"


def status(folder: OutputFolder, state: State, now: datetime) -> dict[str, Any]:
    """Counts, last run, last complete crawl of each listing, retry queue, days without articles, and disk usage.

    docs/report.md describes each key. `now` is the current time (UTC). Raises `StorageError`.
    """
    counts = state.count_articles()
    runs = state.runs()
    days = state.days()
    return {
        "schema": SCHEMA,
        "generated_at": utc(now),
        "output_dir": str(folder.path),
        "articles": counts.get("delivered", 0) + counts.get("removed", 0),
        "removed": counts.get("removed", 0),
        "revised": state.count_revised(),
        "teasers": state.count_teasers(),
        "first_day": days[0][0] if days else None,
        "last_day": days[-1][0] if days else None,
        "days": len(days),
        "runs": len(runs),
        "last_run": _run(runs[0], folder) if runs else None,
        "listings": [
            {
                "url": row.url,
                "source": row.source,
                "completed_at": row.completed_at,
                "covered_since": row.covered_since,
                "rescanned_at": row.rescanned_at,
            }
            for row in state.listings()
        ],
        "backfills": backfills(folder),
        "possibly_removed": _possibly_removed(state),
        "pending_retries": [asdict(row) for row in state.pending_retries()],
        "gaps": [{"from": first, "to": last} for first, last in gaps([day for day, _ in days])],
        "disk": disk_use(folder),
    }


def _possibly_removed(state: State) -> list[dict[str, Any]]:
    """Delivered articles that were missing when they were last fetched; a second request confirms it."""
    rows = (row for row in state.all_articles() if row.status is Status.DELIVERED and row.missing_since is not None)
    return [
        {
            "id": row.id,
            "url": row.url,
            "status": row.missing_status,
            "missing_since": row.missing_since,
            "next_check_at": row.next_check_at,
        }
        for row in sorted(rows, key=lambda row: (row.missing_since or "", row.id))
    ]


def _run(row: RunRow, folder: OutputFolder) -> dict[str, Any]:
    unfinished = {True: RUNNING, False: CRASHED, None: f"{RUNNING}, or {CRASHED}"}
    return {
        "run_id": row.run_id,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        # A crashed run has no outcome in the state until the next run has recovered it.
        "outcome": row.outcome or unfinished[folder.is_held()],
        "exit_code": row.exit_code,
    }


def gaps(days: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The periods without articles between the first and the last day, both ends included.

    >>> list(gaps(["2024-12-01", "2024-12-02", "2024-12-05"]))
    [('2024-12-03', '2024-12-04')]
    """
    one = timedelta(days=1)
    for before, after in pairwise(days):
        first, last = date.fromisoformat(before) + one, date.fromisoformat(after) - one
        if first <= last:
            yield first.isoformat(), last.isoformat()
