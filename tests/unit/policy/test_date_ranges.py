"""The date ranges of a search together leave out no day, whatever each of them finds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vokcrawl.policy.date_ranges import FIRST_DAY, DateRange, DateRanges

TODAY = date(2024, 12, 10)
PAGE = 10


def day(text: str) -> date:
    return date.fromisoformat(text)


class Search:
    """A search that shows the newest `PAGE` articles of the days it is asked for.

    Each article has a day that is shown and one by which it is found; results are sorted by the latter. With
    `other_news` it shows its newest ones where it finds none.
    """

    def __init__(self, articles: Sequence[tuple[date, date]], other_news: bool = False) -> None:
        self.articles = sorted(enumerate(articles), key=lambda each: each[1][1], reverse=True)
        self.other_news = other_news
        self.seen: set[int] = set()
        self.asked = 0

    def show(self, range_: DateRange | None) -> tuple[list[str], int, bool]:
        """The days shown, how many of the articles were not shown before, and whether there are more."""
        found = [each for each in self.articles if range_ is None or range_.holds(each[1][1])]
        page = found[:PAGE] or (self.articles[:PAGE] if self.other_news else [])
        fresh = {number for number, _ in page} - self.seen
        self.seen |= fresh
        self.asked += 1
        assert self.asked < 400, "it does not end"
        return [shown.isoformat() for _, (shown, _) in page], len(fresh), len(found) > PAGE


def paginate(search: Search, since: date | None = None, says_more: bool = True) -> DateRanges:
    """Paginates a search as the crawl does; `says_more` is False for one that does not say that there is more."""
    shown, _, _ = search.show(None)
    ranges = DateRanges(shown, TODAY.isoformat(), since.isoformat() if since else None)
    range_: DateRange | None = ranges.first()
    largest = 0
    while range_ is not None:
        shown, fresh, more = search.show(range_)
        if ranges.is_foreign(range_, shown, fresh):
            range_ = ranges.previous(range_, 0)
            continue
        largest = max(largest, len(shown))
        full = PAGE <= len(shown) == largest
        cut = more if says_more else full
        following = ranges.split(range_, shown) if cut else None
        if following is None:
            if cut and more:
                ranges.note_cut(range_)
            following = ranges.previous(range_, len(shown))
        range_ = following
    return ranges


def few_a_day(articles: Sequence[tuple[date, date]]) -> bool:
    found = [each[1] for each in articles]
    return all(found.count(each) < PAGE for each in found)


days = st.dates(date(1997, 1, 2), TODAY)
near = st.dates(date(2024, 11, 1), TODAY)
articles_shown = st.lists(st.one_of(days, near), max_size=60)


@settings(max_examples=300, deadline=None)
@given(articles_shown, st.integers(-1, 40), st.booleans(), st.booleans())
@example(shown=[TODAY] * 9, lag=0, says_more=False, other_news=True)
@example(shown=[FIRST_DAY, TODAY], lag=0, says_more=True, other_news=False)
@example(shown=[*[date(2000, 1, 1)] * 9, date(2000, 1, 2)], lag=2, says_more=False, other_news=False)
@example(shown=[TODAY - timedelta(days=n // 8) for n in range(60)], lag=1, says_more=False, other_news=True)
def test_no_article_is_left_out_whichever_day_the_search_goes_by(
    shown: list[date], lag: int, says_more: bool, other_news: bool
) -> None:
    """`lag` is how much later the day is by which the search finds an article, in days."""
    articles = [(each, min(max(FIRST_DAY, each + timedelta(days=lag)), TODAY)) for each in shown]
    if not few_a_day(articles):
        return
    search = Search(articles, other_news)
    ranges = paginate(search, says_more=says_more)
    assert search.seen == set(range(len(articles)))
    assert not ranges.cut


@settings(max_examples=100, deadline=None)
@given(articles_shown, near)
def test_back_to_a_day_nothing_is_left_out_that_is_not_older(shown: list[date], since: date) -> None:
    articles = [(each, each) for each in shown]
    if not few_a_day(articles):
        return
    search = Search(articles)
    paginate(search, since)
    assert search.seen >= {number for number, each in enumerate(shown) if each >= since}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 14), min_size=1, max_size=20))
def test_a_day_that_holds_more_than_a_page_is_counted_and_the_others_are_whole(counts: list[int]) -> None:
    shown = [TODAY - timedelta(days=back) for back, count in enumerate(counts) for _ in range(count)]
    search = Search([(each, each) for each in shown])
    ranges = paginate(search)
    assert ranges.cut == sum(count > PAGE for count in counts)
    assert len(search.seen) == sum(min(count, PAGE) for count in counts)


def test_a_search_that_holds_little_is_asked_little() -> None:
    week = [TODAY - timedelta(days=n // 3) for n in range(21)]
    search = Search([(each, each) for each in week])
    paginate(search)
    assert search.asked <= 8
    # One article long before the others is found without asking for every year between.
    search = Search([(each, each) for each in [*week, date(1998, 5, 1)]])
    paginate(search)
    assert search.seen == set(range(22))
    assert search.asked <= 14


@pytest.mark.parametrize("strange", ["9999-12-31", "0001-01-01"])
def test_an_impossible_day_does_not_mislead_the_date_ranges(strange: str) -> None:
    ranges = DateRanges(["2024-12-09", strange, "2024-12-08"], TODAY.isoformat())
    assert ranges.first() == DateRange(date(2024, 12, 9))
    split = ranges.split(DateRange(date(2024, 12, 1)), ["2024-12-09", strange, "2024-12-05"])
    assert split == DateRange(date(2024, 12, 6))


def test_where_the_clock_is_behind_the_days_shown_are_believed() -> None:
    search = Search([(TODAY - timedelta(days=n // 4), TODAY - timedelta(days=n // 4)) for n in range(40)])
    shown, _, _ = search.show(None)
    assert DateRanges(shown, "1970-01-01").first().start > date(2024, 12, 1)


def test_a_site_that_ignores_the_days_is_detected() -> None:
    ranges = DateRanges(["2024-12-10", "2024-12-08"], TODAY.isoformat())
    shown = ["2024-12-10", "2024-12-09"]
    assert not ranges.is_foreign(ranges.first(), shown, 0)
    # The day before those shown may be that of their ingestion.
    assert not ranges.is_foreign(DateRange(day("2024-12-09"), day("2024-12-09")), shown, 0)
    for back in (8, 7):
        assert ranges.is_foreign(DateRange(day(f"2024-12-0{back}"), day(f"2024-12-0{back}")), shown, 0)
        assert not ranges.ignored
    assert ranges.is_foreign(DateRange(day("2024-12-06"), day("2024-12-06")), shown, 0)
    assert ranges.ignored
    # Where all previous days are asked for at once, one such answer is enough: it would be the last.
    everything = DateRanges(["2024-12-10", "2024-12-08"], TODAY.isoformat())
    assert everything.is_foreign(DateRange(FIRST_DAY, day("2024-12-01")), shown, 0)
    assert everything.ignored


def test_what_came_late_is_no_other_news_and_those_are_no_sign_once_days_were_kept() -> None:
    ranges = DateRanges(["2024-12-10", "2024-12-08"], TODAY.isoformat())
    assert not ranges.is_foreign(DateRange(day("2024-12-05"), day("2024-12-06")), ["2024-11-01"], 0)
    assert not ranges.is_foreign(DateRange(day("2024-12-05"), day("2024-12-06")), ["2024-12-06"], 1)
    for back in range(10, 20):
        range_ = DateRange(TODAY - timedelta(days=back), TODAY - timedelta(days=back))
        assert ranges.is_foreign(range_, ["2024-12-10", "2024-12-09"], 0)
        assert not ranges.ignored
