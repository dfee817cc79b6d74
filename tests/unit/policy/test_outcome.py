"""The outcome of a run: the most serious event decides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.errors import ExitCode, FolderLockedError, StorageError, UsageError
from vokcrawl.policy.outcome import WORDS, RunStatistics, below_minimum_coverage, determine_outcome
from vokcrawl.policy.pagination import StopReason


@pytest.mark.parametrize(
    ("statistics", "outcome", "code"),
    [
        (RunStatistics(starts=1, stop_reasons=[StopReason.KNOWN], delivered=3), "done", 0),
        (RunStatistics(starts=1, stop_reasons=[StopReason.UNCHANGED]), "nothing new", 0),
        (RunStatistics(starts=1, stop_reasons=[StopReason.MAX_PAGES], delivered=1), "done", 0),
        (RunStatistics(starts=1, stop_reasons=[StopReason.SINCE]), "nothing new", 0),
        (
            RunStatistics(starts=1, stop_reasons=[StopReason.END], wanted_seen=1, delivered=9, pages_failed=1),
            "incomplete",
            10,
        ),
        (RunStatistics(starts=2, starts_unreachable=1, stop_reasons=[StopReason.END], wanted_seen=1), "incomplete", 10),
        (RunStatistics(starts=1, stop_reasons=[StopReason.FAILED], delivered=9), "incomplete", 10),
        (RunStatistics(starts=1, stop_reasons=[StopReason.EMPTY]), "incomplete", 10),
        (RunStatistics(starts=1, stop_reasons=[StopReason.CIRCLE]), "incomplete", 10),
        (RunStatistics(starts=1, stop_reasons=[StopReason.REPEATS]), "incomplete", 10),
        (RunStatistics(starts=1, stop_reasons=[StopReason.OFFSITE]), "incomplete", 10),
        (RunStatistics(starts=1, starts_blocked=1), "blocked", 11),
        (RunStatistics(starts=1, articles=3, articles_truncated=3, delivered=3), "blocked", 11),
        (RunStatistics(starts=1, articles=3, articles_truncated=2, delivered=3), "done", 0),
        (RunStatistics(starts=1, stop_reasons=[StopReason.END]), "layout not understood", 12),
        (RunStatistics(starts=1, stop_reasons=[StopReason.END], wanted_seen=1), "nothing new", 0),
        (RunStatistics(starts=1, articles=2, articles_truncated=2, articles_blocked=1), "blocked", 11),
        (RunStatistics(starts=1, articles=1, articles_blocked=1, delivered=1), "done", 0),
        (RunStatistics(starts=1, stopped_at_block_page=True, delivered=1), "blocked", 11),
        (RunStatistics(starts=1, cut_short=True, pages_read=1), "incomplete", 10),
        (RunStatistics(starts=1, cut_short=True), "unreachable", 14),
        (RunStatistics(starts=1, stop_reasons=[StopReason.NO_TEASERS]), "layout not understood", 12),
        (RunStatistics(starts=1, stop_reasons=[StopReason.NO_ROUTE], delivered=9), "layout not understood", 12),
        (RunStatistics(starts=1, starts_not_understood=1), "layout not understood", 12),
        (
            RunStatistics(starts=1, articles=20, coverage={"title": 0.5}, minimum_coverage={"title": 0.9}),
            "layout not understood",
            12,
        ),
        (
            RunStatistics(starts=1, articles=20, coverage={}, minimum_coverage={"title": 0.9}),
            "layout not understood",
            12,
        ),
        (RunStatistics(starts=1, starts_unreachable=1), "unreachable", 14),
        (RunStatistics(starts=2, starts_unreachable=2, pages_failed=3), "unreachable", 14),
        (RunStatistics(failure=StorageError("x"), starts=1, starts_unreachable=1), "storage failed", 15),
        (RunStatistics(failure=FolderLockedError("x")), "locked", 13),
        (RunStatistics(failure=UsageError("x")), "wrong settings", 2),
        (
            RunStatistics(interrupted=True, starts=1, stop_reasons=[StopReason.INTERRUPTED], delivered=4),
            "interrupted",
            130,
        ),
        (RunStatistics(interrupted=True, failure=StorageError("x")), "storage failed", 15),
        (
            RunStatistics(starts=1, starts_blocked=1, pages_failed=9, stop_reasons=[StopReason.NO_TEASERS]),
            "blocked",
            11,
        ),
    ],
)
def test_each_kind_of_end_has_its_word_and_its_exit_code(statistics: RunStatistics, outcome: str, code: int) -> None:
    assert determine_outcome(statistics) == (outcome, ExitCode(code))


def test_coverage_counts_only_from_twenty_articles_on_and_only_below_its_minimum() -> None:
    minimum_coverage = {"title": 0.9, "body": 0.9, "gone": 0.1}
    given: dict[str, Any] = {"coverage": {"title": 0.89, "body": 0.9}, "minimum_coverage": minimum_coverage}
    assert below_minimum_coverage(RunStatistics(articles=19, **given)) == []
    assert below_minimum_coverage(RunStatistics(articles=20, **given)) == ["gone", "title"]


FACTS = st.builds(
    RunStatistics,
    failure=st.none() | st.just(StorageError("x")),
    interrupted=st.booleans(),
    starts=st.integers(1, 3),
    starts_unreachable=st.integers(0, 3),
    starts_blocked=st.integers(0, 1),
    starts_not_understood=st.integers(0, 1),
    pages_failed=st.integers(0, 2),
    stop_reasons=st.lists(st.none() | st.sampled_from(StopReason), max_size=3),
    delivered=st.integers(0, 3),
    articles=st.integers(0, 30),
    articles_truncated=st.integers(0, 30),
    articles_blocked=st.integers(0, 2),
    stopped_at_block_page=st.booleans(),
    cut_short=st.booleans(),
    pages_read=st.integers(0, 2),
    wanted_seen=st.integers(0, 2),
)


@given(FACTS)
def test_every_end_has_a_word_and_nothing_bad_ever_ends_in_0(statistics: RunStatistics) -> None:
    outcome, code = determine_outcome(statistics)
    assert outcome in (*WORDS.values(), "nothing new")
    bad = [
        statistics.failure,
        statistics.interrupted,
        statistics.starts_unreachable,
        statistics.starts_blocked,
        statistics.starts_not_understood,
        statistics.pages_failed,
        statistics.stopped_at_block_page,
        statistics.cut_short,
        StopReason.END in statistics.stop_reasons and not statistics.wanted_seen,
        set(statistics.stop_reasons)
        - {
            None,
            StopReason.END,
            StopReason.UNCHANGED,
            StopReason.KNOWN,
            StopReason.SINCE,
            StopReason.MAX_PAGES,
            StopReason.INTERRUPTED,
        },
    ]
    if code is ExitCode.OK:
        assert not any(bad)
        assert outcome == ("done" if statistics.delivered else "nothing new")
    if not any(bad) and not statistics.articles_truncated and not statistics.articles_blocked:
        assert code is ExitCode.OK
