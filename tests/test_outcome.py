"""How a run ended: the worst of what happened decides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.errors import ExitCode, FolderHeld, StorageFailed, UsageFault
from vokcrawl.policy.outcome import WORDS, Facts, judge, under_floor
from vokcrawl.policy.pagination import Why


@pytest.mark.parametrize(
    ("facts", "outcome", "code"),
    [
        (Facts(starts=1, walks=[Why.KNOWN], delivered=3), "done", 0),
        (Facts(starts=1, walks=[Why.UNCHANGED]), "nothing new", 0),
        (Facts(starts=1, walks=[Why.MAX_PAGES], delivered=1), "done", 0),
        (Facts(starts=1, walks=[Why.SINCE]), "nothing new", 0),
        (Facts(starts=1, walks=[Why.END], wanted_seen=1, delivered=9, pages_failed=1), "incomplete", 10),
        (Facts(starts=2, starts_unreachable=1, walks=[Why.END], wanted_seen=1), "incomplete", 10),
        (Facts(starts=1, walks=[Why.FAILED], delivered=9), "incomplete", 10),
        (Facts(starts=1, walks=[Why.EMPTY]), "incomplete", 10),
        (Facts(starts=1, walks=[Why.CIRCLE]), "incomplete", 10),
        (Facts(starts=1, walks=[Why.REPEATS]), "incomplete", 10),
        (Facts(starts=1, walks=[Why.OFFSITE]), "incomplete", 10),
        (Facts(starts=1, starts_gated=1), "gated", 11),
        (Facts(starts=1, articles=3, articles_metered=3, delivered=3), "gated", 11),
        (Facts(starts=1, articles=3, articles_metered=2, delivered=3), "done", 0),
        (Facts(starts=1, walks=[Why.END]), "layout not understood", 12),
        (Facts(starts=1, walks=[Why.END], wanted_seen=1), "nothing new", 0),
        (Facts(starts=1, articles=2, articles_metered=2, articles_gated=1), "gated", 11),
        (Facts(starts=1, articles=1, articles_gated=1, delivered=1), "done", 0),
        (Facts(starts=1, stopped_at_gate=True, delivered=1), "gated", 11),
        (Facts(starts=1, cut_short=True, pages_read=1), "incomplete", 10),
        (Facts(starts=1, cut_short=True), "unreachable", 14),
        (Facts(starts=1, walks=[Why.NO_TEASERS]), "layout not understood", 12),
        (Facts(starts=1, walks=[Why.NO_WAY], delivered=9), "layout not understood", 12),
        (Facts(starts=1, starts_not_understood=1), "layout not understood", 12),
        (Facts(starts=1, articles=20, coverage={"title": 0.5}, floors={"title": 0.9}), "layout not understood", 12),
        (Facts(starts=1, articles=20, coverage={}, floors={"title": 0.9}), "layout not understood", 12),
        (Facts(starts=1, starts_unreachable=1), "unreachable", 14),
        (Facts(starts=2, starts_unreachable=2, pages_failed=3), "unreachable", 14),
        (Facts(failure=StorageFailed("x"), starts=1, starts_unreachable=1), "storage failed", 15),
        (Facts(failure=FolderHeld("x")), "held", 13),
        (Facts(failure=UsageFault("x")), "wrong settings", 2),
        (Facts(interrupted=True, starts=1, walks=[Why.INTERRUPTED], delivered=4), "interrupted", 130),
        (Facts(interrupted=True, failure=StorageFailed("x")), "storage failed", 15),
        (Facts(starts=1, starts_gated=1, pages_failed=9, walks=[Why.NO_TEASERS]), "gated", 11),
    ],
)
def test_each_kind_of_end_has_its_word_and_its_exit_code(facts: Facts, outcome: str, code: int) -> None:
    assert judge(facts) == (outcome, ExitCode(code))


def test_coverage_counts_only_from_twenty_articles_on_and_only_under_its_floor() -> None:
    floors = {"title": 0.9, "body": 0.9, "gone": 0.1}
    given: dict[str, Any] = {"coverage": {"title": 0.89, "body": 0.9}, "floors": floors}
    assert under_floor(Facts(articles=19, **given)) == []
    assert under_floor(Facts(articles=20, **given)) == ["gone", "title"]


FACTS = st.builds(
    Facts,
    failure=st.none() | st.just(StorageFailed("x")),
    interrupted=st.booleans(),
    starts=st.integers(1, 3),
    starts_unreachable=st.integers(0, 3),
    starts_gated=st.integers(0, 1),
    starts_not_understood=st.integers(0, 1),
    pages_failed=st.integers(0, 2),
    walks=st.lists(st.none() | st.sampled_from(Why), max_size=3),
    delivered=st.integers(0, 3),
    articles=st.integers(0, 30),
    articles_metered=st.integers(0, 30),
    articles_gated=st.integers(0, 2),
    stopped_at_gate=st.booleans(),
    cut_short=st.booleans(),
    pages_read=st.integers(0, 2),
    wanted_seen=st.integers(0, 2),
)


@given(FACTS)
def test_every_end_has_a_word_and_nothing_bad_ever_ends_in_0(facts: Facts) -> None:
    outcome, code = judge(facts)
    assert outcome in (*WORDS.values(), "nothing new")
    bad = [
        facts.failure,
        facts.interrupted,
        facts.starts_unreachable,
        facts.starts_gated,
        facts.starts_not_understood,
        facts.pages_failed,
        facts.stopped_at_gate,
        facts.cut_short,
        Why.END in facts.walks and not facts.wanted_seen,
        set(facts.walks) - {None, Why.END, Why.UNCHANGED, Why.KNOWN, Why.SINCE, Why.MAX_PAGES, Why.INTERRUPTED},
    ]
    if code is ExitCode.DONE:
        assert not any(bad)
        assert outcome == ("done" if facts.delivered else "nothing new")
    if not any(bad) and not facts.articles_metered and not facts.articles_gated:
        assert code is ExitCode.DONE
