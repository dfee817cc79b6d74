"""How an output folder stands, as plain values: what `scrapy status` tells in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from vokcrawl.files import OutputFolder
from vokcrawl.state.interface import State


def status(folder: OutputFolder, state: State) -> dict[str, Any]:
    """Counts, last run, last complete walk of each listing, what is owed, and days without an article."""
    counts = state.count_articles()
    runs = state.runs(1)
    days = state.days()
    return {
        "output_dir": str(folder.path),
        "articles": counts.get("delivered", 0) + counts.get("removed", 0),
        "removed": counts.get("removed", 0),
        "teasers": state.count_teasers(),
        "first_day": days[0][0] if days else None,
        "last_day": days[-1][0] if days else None,
        "last_run": (
            {
                "run_id": runs[0].run_id,
                "started_at": runs[0].started_at,
                "outcome": runs[0].outcome or "running, or killed",
                "exit_code": runs[0].exit_code,
            }
            if runs
            else None
        ),
        "listings": [
            {"url": row.url, "last_complete_walk": row.completed_at, "back_to": row.back_to, "last_sweep": row.swept_at}
            for row in state.listings()
        ],
        "owed": [asdict(row) for row in state.owed()],
        "gaps": [{"from": first, "to": last} for first, last in gaps([day for day, _ in days])],
    }


def gaps(days: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The stretches of days without an article between the first and the last day, both ends included.

    >>> list(gaps(["2024-12-01", "2024-12-02", "2024-12-05"]))
    [('2024-12-03', '2024-12-04')]
    """
    one = timedelta(days=1)
    for before, after in pairwise(days):
        first, last = date.fromisoformat(before) + one, date.fromisoformat(after) - one
        if first <= last:
            yield first.isoformat(), last.isoformat()
