"""The status of an article follows from its records, whatever their order."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.storage.article_status import ArticleStatus

TIMES = st.integers(0, 9).map(lambda hour: f"2030-01-01T0{hour}:00:00Z")


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Versions in the order in which they were fetched, and removals at any time; in any order."""
    times = sorted(draw(st.lists(TIMES, max_size=4, unique=True)))
    versions = [{"revision": number, "fetched_at": at} for number, at in enumerate(times, 1)]
    removals = [{"confirmed_at": at} for at in draw(st.lists(TIMES, max_size=3))]
    records: list[dict[str, Any]] = [*versions, *removals]
    # A line may be read twice.
    return draw(
        st.permutations([*records, *draw(st.lists(st.sampled_from(records), max_size=2) if records else st.just([]))])
    )


def status_of(records: list[dict[str, Any]]) -> ArticleStatus:
    status = ArticleStatus()
    for record in records:
        status = status.with_version(record) if "revision" in record else status.with_removal(record)
    return status


@given(histories())
def test_status_follows_the_steps_of_the_documentation(records: list[dict[str, Any]]) -> None:
    status = status_of(records)
    current = max((each for each in records if "revision" in each), key=lambda each: each["revision"], default=None)
    fetched_at = current["fetched_at"] if current else ""
    removals = [each["confirmed_at"] for each in records if each.get("confirmed_at", "") >= (fetched_at or "0")]
    assert (status.revision, status.fetched_at) == (current["revision"] if current else 0, fetched_at)
    assert status.removed_at == max(removals, default=None)


def test_an_article_that_was_fetched_after_its_removal_has_reappeared() -> None:
    first = ArticleStatus().with_version({"revision": 1, "fetched_at": "2030-01-01T00:00:00Z"})
    removed = first.with_removal({"confirmed_at": "2030-01-02T00:00:00Z"})
    back = removed.with_version({"revision": 2, "fetched_at": "2030-01-03T00:00:00Z"})
    assert [each.removed_at for each in (first, removed, back)] == [None, "2030-01-02T00:00:00Z", None]
