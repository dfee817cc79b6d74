"""Parts of the report: runs, notices, plots, and untrusted text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.support.archive_builder import T0, Archive, article
from vokcrawl.reporting.report.contents import contents
from vokcrawl.reporting.report.markup import untrusted
from vokcrawl.reporting.report.notices import notices
from vokcrawl.reporting.report.page import page
from vokcrawl.reporting.report.plots import Plot, coverage_plot, disk_plot, runs_plot
from vokcrawl.reporting.report.runs import MAX_DRAWN, ReportedRun, merged_runs, run_of
from vokcrawl.storage.manifest import Manifest, parse_manifest
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.factory import in_folder
from vokcrawl.storage.state.sqlite import SqliteState

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KEYS = ("run_id", "started_at", "ended_at", "outcome", "exit_code", "counts", "requests", "files", "errors")


DRAFT = Manifest.draft("20240101T060000Z", "vok", "2024-01-01T06:00:00Z", {}, None)


@given(st.dictionaries(st.sampled_from(KEYS), anything))
def test_any_valid_manifest_can_be_shown_as_a_run(changed: dict[str, Any]) -> None:
    try:
        manifest = parse_manifest(json.dumps({**json.loads(DRAFT.to_json()), **changed}).encode())
    except ValueError:
        return
    run = run_of(manifest, 0)
    assert run.new >= 0
    assert run.kind in ("good", "stopped", "bad")


def test_a_run_is_shown_as_in_its_manifest() -> None:
    manifest = DRAFT.completed(
        ended_at="2024-01-01T06:10:12Z",
        outcome="incomplete",
        exit_code=10,
        counts={"articles": 9, "teasers": 8, "removals": 1},
        requests=31,
        files=[
            {"path": f"articles/{each}.jsonl", "records": 1, "bytes": size, "sha256": "0" * 64}
            for each, size in (("a", 1000), ("b", 500))
        ],
        errors={"article_timeout": {"count": 1, "examples": []}, "article_truncated": {"count": 4, "examples": []}},
    )
    run = run_of(manifest, 2)
    assert (run.seconds, run.kind, run.new, run.revised, run.removed, run.teasers) == (612, "bad", 7, 2, 1, 8)
    assert (run.requests, run.stored) == (31, 1500)
    assert run.noted == [("article_truncated", 4), ("article_timeout", 1)]


def run_at(at: datetime, kind: Any = "good", new: int = 3, seconds: float | None = 40) -> ReportedRun:
    return ReportedRun("run", at, seconds, "done", kind, 0, 9, new, 0, 0, 0, 1000, [])


RUNS = [run_at(T0 + timedelta(hours=each * 6), ("good", "bad", "stopped")[each % 3], each) for each in range(60)]
PLOTS = {
    "runs": lambda: runs_plot(RUNS),
    "runs, one": lambda: runs_plot(RUNS[:1]),
    "runs of one moment": lambda: runs_plot([run_at(T0), run_at(T0)]),
    "runs of a thousand years": lambda: runs_plot([run_at(T0.replace(year=1900)), run_at(T0.replace(year=2900))]),
    "runs, nothing known": lambda: runs_plot([run_at(T0, new=0, seconds=None)]),
    "runs, very large": lambda: runs_plot([run_at(T0, new=10**9, seconds=10**7)]),
    "disk": lambda: disk_plot(RUNS),
    "coverage": lambda: coverage_plot(["2024-01-01", "2024-02-01"], {"text": [1.0, None], "story": [None, 0.25]}),
    "coverage, hostile": lambda: coverage_plot(["<a> $x^2$"], {"<script>$\\frac": [0.5]}),
}


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_a_part_of_the_page_and_no_more(name: str) -> None:
    plot: Plot = PLOTS[name]()
    ids: list[str] = []
    for drawing in (plot.wide, plot.narrow):
        root = etree.fromstring(drawing)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        kinds = {etree.QName(element).localname for element in root.iter()}
        assert kinds <= {"svg", "g", "path", "use", "text", "defs", "clipPath", "rect"}
        ids += [element.get("id") for element in root.iter() if element.get("id")]
        # Every colour is the page's, and what is pointed at is there.
        assert not re.search(r"#[0-9a-f]{6}\b", drawing)
        assert set(re.findall(r"#([\w.-]+)", drawing)) <= set(ids)
        assert "font-family" not in drawing
    assert len(ids) == len(set(ids))


def test_the_same_figures_make_the_same_plot() -> None:
    assert runs_plot(RUNS) == runs_plot(RUNS)


def test_a_plot_of_a_thousand_runs_is_small() -> None:
    plot = runs_plot([run_at(T0 + timedelta(hours=each * 6), new=each % 7) for each in range(1_000)])
    assert len(plot.wide) + len(plot.narrow) < 600_000


def test_the_same_archive_makes_the_same_page(output: Any) -> None:
    made = Archive(output)
    made.run(T0, [article(number, T0) for number in range(1, 5)])
    folder = OutputFolder(made.finish())
    pages = set()
    for _ in range(2):
        state = SqliteState.open(folder.state, expected=True, read_only=True)
        pages.add(page(contents(folder, state, "Voice of Korea (EN)", T0 + timedelta(hours=1))))
        state.close()
    assert len(pages) == 1


@given(st.text())
def test_text_of_others_becomes_text(text: str) -> None:
    shown = str(untrusted(text, len(text)))
    inner = re.sub(
        r'<span class="unseen"(?: title="[\w -]+")?>|</span>', "", shown.removeprefix("<bdi>").removesuffix("</bdi>")
    )
    assert "<" not in inner
    assert '"' not in inner


STATUS: dict[str, Any] = {
    "last_run": {"run_id": "r", "started_at": "2024-01-01T06:00:00Z", "outcome": "done"},
    "listings": [{}],
    "backfills": [],
    "pending_retries": [],
}
NOW = datetime(2024, 1, 1, 7, tzinfo=UTC)


def notices_of(
    status: dict[str, Any], runs: list[ReportedRun] = RUNS[:1], faults: tuple[str, ...] = (), now: datetime = NOW
) -> str:
    return " ".join(each.text for each in notices({**STATUS, **status}, runs, faults, len(faults), now))


def test_without_problems_nothing_needs_attention() -> None:
    assert notices_of({}) == ""


@pytest.mark.parametrize(
    ("status", "runs", "now", "said"),
    [
        ({"pending_retries": [{}]}, RUNS[:1], NOW, "1 article could not be fetched yet and will be retried."),
        ({"pending_retries": [{}, {}]}, RUNS[:1], NOW, "2 articles could not be fetched yet and will be retried."),
        ({"listings": []}, RUNS[:1], NOW, "No crawl of a listing is complete yet"),
        ({}, RUNS[:1], NOW + timedelta(days=3), "The last run started 3 d 1 h ago. Check the schedule."),
        (
            {"last_run": {**STATUS["last_run"], "outcome": "blocked"}},
            [run_at(T0, "bad")],
            NOW,
            "The last run ended as “blocked”: the site asks for an account",
        ),
        (
            {"last_run": {**STATUS["last_run"], "outcome": "running"}},
            [run_at(T0, "bad")],
            NOW + timedelta(days=3),
            "Run r is running; its records are included when it has ended.",
        ),
        (
            {"last_run": {**STATUS["last_run"], "outcome": "crashed"}},
            [],
            NOW,
            "The last run ended as “crashed”: the run was killed",
        ),
    ],
)
def test_what_needs_attention_is_listed(
    status: dict[str, Any], runs: list[ReportedRun], now: datetime, said: str
) -> None:
    assert notices_of(status, runs, now=now).startswith(said)


def test_backfill_in_progress_needs_no_attention() -> None:
    backfill = {
        "url": "https://site.test/article/163/",
        "entries": 1200,
        "began_at": "2024-01-01T06:00:00Z",
        "entries_left": 300,
        "estimated_from": "last page number",
        "done_at": None,
    }
    (notice,) = notices({**STATUS, "listings": [], "backfills": [backfill]}, RUNS[:1], [], 0, NOW)
    assert notice.level == "know"
    assert notice.text == "The crawl of a listing is not complete yet; the next run continues it."
    assert "about 300 left, estimated from the last page number" in notice.detail[0]


def test_faults_are_shown_first() -> None:
    (first, *_) = notices(STATUS, RUNS, ["a:1: torn"], 12, NOW)
    assert first.text.startswith("12 faults in delivered files")
    assert first.detail == ("a:1: torn", "and 11 more")


def drawn_run(number: int, **fields: Any) -> ReportedRun:
    return replace(run_of(DRAFT, 0), began=T0 + timedelta(hours=number), seconds=60.0, requests=2, **fields)


def test_plots_of_ten_thousand_runs_are_small_and_keep_what_stands_out() -> None:
    runs = [drawn_run(number, kind="good", stored=1000) for number in range(10_000)]
    runs[4321] = replace(runs[4321], kind="bad")
    runs[7000] = replace(runs[7000], new=5000, seconds=9000.0, requests=None)
    merged = merged_runs(runs)
    assert len(merged) <= 2 * MAX_DRAWN
    assert [run.began for run in merged] == sorted(run.began or T0 for run in merged)
    assert [run.began for run in merged if run.kind == "bad"] == [runs[4321].began]
    assert max(run.new for run in merged) == 5000
    assert max(run.seconds or 0 for run in merged) == 9000.0
    assert sum(run.stored for run in merged) == 10_000_000
    size = sum(len(plot.wide) + len(plot.narrow) for plot in (runs_plot(runs), disk_plot(runs)))
    assert size < 300_000


def test_few_runs_are_drawn_one_by_one() -> None:
    runs = [drawn_run(number, kind="good") for number in range(MAX_DRAWN)]
    assert merged_runs([*runs, replace(runs[0], began=None)]) == runs
    # All at once.
    same = [replace(runs[0]) for _ in range(MAX_DRAWN + 1)]
    assert len(merged_runs(same)) == 1


def test_possibly_removed_articles_are_listed(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.run(T0, [article(1, T0)])
    folder = OutputFolder(archive.finish())
    state = in_folder(folder, True, read_only=True)
    try:
        found = contents(folder, state, "Voice of Korea (EN)", T0)
    finally:
        state.close()
    row = {
        "id": "1704088800-1",
        "url": "https://site.example/newstream/1704088800-1/a-story/",
        "status": 404,
        "missing_since": "2024-01-02T06:00:00Z",
        "next_check_at": "2024-01-03T06:00:00Z",
    }
    shown = page(replace(found, status={**found.status, "possibly_removed": [row]})).decode()
    assert "Possibly removed: missing at the last request" in shown
    assert f'<a href="{row["url"]}" rel="noreferrer">' in shown
    assert "2 Jan 2024, 06:00" in shown
    assert "Possibly removed" not in page(found).decode()
