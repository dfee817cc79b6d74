"""Rebuilding a state takes time in proportion to the number of runs, also of runs bounded by `since`."""

from __future__ import annotations

import time
from pathlib import Path

from vokcrawl.integrity.rebuild_state import Builder
from vokcrawl.storage.manifest import ListingEntry, Manifest
from vokcrawl.storage.manifest_chain import ChainNode
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.sqlite import SqliteState

RUNS = 3000
LISTING = {
    "url": "https://site.example/article/163/",
    "source": "Voice of Korea (EN)",
    "found_by": "start page",
    "discovered_from": None,
    "strategy": "link",
    "pages": 1,
    "entries": 1,
    "new": 0,
    "newest": None,
    "oldest": None,
    "rescan": False,
    "complete": True,
    "stop_reason": None,
    "first_page_ids": [],
    "backfill": None,
    "found_late": 0,
}


def seconds(path: Path, covered_since: str | None) -> float:
    """CPU time of rebuilding the state of many runs that crawled a listing back to this day."""
    path.mkdir()
    listing = ListingEntry(**LISTING, covered_since=covered_since)
    nodes = []
    for number in range(2, RUNS + 2):
        draft = Manifest.draft(f"20300101T060000Z-{number}", "vok", "2030-01-01T06:00:00Z", {}, None)
        nodes.append(ChainNode(path / f"{number}.json", draft.completed(listings=[listing]), "0" * 64))
    state = SqliteState.open(path / "state.sqlite3", expected=False)
    state.begin()
    builder = Builder(OutputFolder(path), state, (1,), nodes, lost=False)
    started = time.process_time()
    for node in nodes:
        builder.add(node)
    taken = time.process_time() - started
    state.rollback()
    state.close()
    return taken


def test_runs_bounded_by_since_take_about_as_long_as_unbounded_ones(tmp_path: Path) -> None:
    whole, bounded = seconds(tmp_path / "whole", None), seconds(tmp_path / "bounded", "2029-12-01")
    assert bounded < 3 * whole, (bounded, whole)
