"""The stop conditions of pagination, one by one, and all together against a simple model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vokcrawl.policy.pagination import Entry, ListingProgress, StopReason, StopRules

TODAY = "2024-12-10"


def day(ago: int) -> str:
    return (date.fromisoformat(TODAY) - timedelta(days=ago)).isoformat()


def entries(*numbers: int, already_crawled: bool = False, wanted: bool = True, ago: int | None = 0) -> list[Entry]:
    return [Entry(f"n{each}", None if ago is None else day(ago), wanted, already_crawled) for each in numbers]


def paginate(rules: StopRules, *pages: Sequence[Entry]) -> tuple[ListingProgress, list[StopReason | None]]:
    crawl = ListingProgress(rules)
    return crawl, [crawl.page(page) for page in pages]


def test_without_bounds_it_goes_on_to_the_empty_page_that_is_the_end() -> None:
    crawl, answers = paginate(StopRules(), entries(1, 2), entries(3), [])
    assert answers == [None, None, StopReason.END]
    assert crawl.complete
    assert (crawl.pages, crawl.received, crawl.new) == (3, 3, 3)


def test_a_first_page_without_teasers_is_no_end() -> None:
    crawl, answers = paginate(StopRules(), [])
    assert answers == [StopReason.NO_TEASERS]
    assert not crawl.complete


def test_it_stops_after_so_many_familiar_pages_in_a_row() -> None:
    familiar = [entries(each, already_crawled=True) for each in range(4)]
    crawl, answers = paginate(StopRules(known_pages=2), familiar[0], entries(9), familiar[1], familiar[2])
    assert answers == [None, None, None, StopReason.KNOWN]
    assert crawl.complete
    assert crawl.new == 1


def test_known_pages_do_not_stop_pagination_without_a_complete_listing_crawl() -> None:
    assert (
        paginate(StopRules(known_pages=0), *(entries(each, already_crawled=True) for each in range(5)))[1] == [None] * 5
    )


def test_a_page_of_other_sources_only_neither_stops_nor_resets() -> None:
    other = entries(7, wanted=False)
    _, answers = paginate(
        StopRules(known_pages=2), entries(1, already_crawled=True), other, entries(2, already_crawled=True)
    )
    assert answers == [None, None, StopReason.KNOWN]
    assert paginate(StopRules(known_pages=1), other, entries(8, wanted=False, already_crawled=True))[1] == [None, None]


def test_one_new_entry_among_familiar_ones_makes_the_page_new() -> None:
    mixed = entries(1, already_crawled=True) + entries(2)
    assert paginate(StopRules(known_pages=1), mixed, entries(3, already_crawled=True))[1] == [None, StopReason.KNOWN]


def test_an_unchanged_first_page_ends_an_idle_run() -> None:
    rules = StopRules(known_pages=2, head=("n1", "n2"))
    crawl, answers = paginate(rules, entries(1, 2, already_crawled=True))
    assert answers == [StopReason.UNCHANGED]
    assert crawl.complete
    assert crawl.head == ("n1", "n2")


@pytest.mark.parametrize(
    ("rules", "page"),
    [
        (StopRules(known_pages=2, head=("n1", "n2")), entries(2, 1, already_crawled=True)),
        (StopRules(known_pages=2, head=("n1", "n2")), entries(1, 2, 3, already_crawled=True)),
        (StopRules(known_pages=0, head=("n1", "n2")), entries(1, 2, already_crawled=True)),
        (StopRules(known_pages=2, head=("n1", "n2"), rescan_days=7, today=TODAY), entries(1, 2, already_crawled=True)),
    ],
    ids=["another order", "one more", "a full crawl", "a rescan"],
)
def test_any_other_first_page_is_no_idle_run(rules: StopRules, page: list[Entry]) -> None:
    assert paginate(rules, page)[1] == [None]


def test_only_the_first_page_is_compared_with_the_head() -> None:
    rules = StopRules(known_pages=3, head=("n2",))
    assert paginate(rules, entries(1), entries(2, already_crawled=True))[1] == [None, None]


def test_the_site_s_word_that_nothing_changed_is_enough() -> None:
    crawl = ListingProgress(StopRules(known_pages=2, head=("n1",)))
    crawl.unchanged()
    assert (crawl.stopped, crawl.complete, crawl.pages, crawl.head) == (StopReason.UNCHANGED, True, 1, ("n1",))


def test_since_stops_it_when_all_days_of_a_page_are_before_it() -> None:
    rules = StopRules(since=day(5))
    mixed = entries(3, ago=5) + entries(4, ago=6)
    older = entries(*range(10, 20), ago=6) + entries(6, ago=None)
    crawl, answers = paginate(rules, entries(1, ago=0), mixed, older)
    assert answers == [None, None, StopReason.SINCE]
    assert crawl.complete


def test_since_is_not_passed_by_a_few_entries_that_may_be_dated_back() -> None:
    rules = StopRules(since=day(5))
    assert paginate(rules, entries(1, ago=0), entries(2, ago=9), entries(3, ago=9))[1] == [None, None, None]
    few = [entries(each, ago=9) for each in range(2, 12)]
    assert paginate(rules, entries(1, ago=0), *few)[1] == [None] * 10 + [StopReason.SINCE]


def test_days_that_are_unknown_never_pass_since() -> None:
    assert paginate(StopRules(since=day(5)), entries(1, ago=None), entries(2, ago=None))[1] == [None, None]


def test_max_pages_stops_it_and_leaves_it_incomplete() -> None:
    crawl, answers = paginate(StopRules(max_pages=2), entries(1), entries(2))
    assert answers == [None, StopReason.MAX_PAGES]
    assert not crawl.complete
    assert paginate(StopRules(max_pages=2), entries(1), [])[1] == [None, StopReason.END]


def test_a_rescan_reads_known_pages_until_its_days_are_passed() -> None:
    rules = StopRules(known_pages=1, rescan_days=7, today=TODAY)
    pages = [entries(each, already_crawled=True, ago=ago) for each, ago in enumerate((0, 3, 7, 8))]
    assert paginate(rules, *pages)[1] == [None, None, None, StopReason.KNOWN]


def test_a_rescan_counts_from_the_newest_day_of_a_quiet_source() -> None:
    rules = StopRules(known_pages=1, rescan_days=7, today=TODAY)
    pages = [entries(each, already_crawled=True, ago=ago) for each, ago in enumerate((30, 33, 37, 38))]
    assert paginate(rules, *pages)[1] == [None, None, None, StopReason.KNOWN]


def test_a_day_in_the_future_does_not_shorten_a_rescan() -> None:
    rules = StopRules(known_pages=1, rescan_days=7, today=TODAY)
    pages = [entries(each, already_crawled=True, ago=ago) for each, ago in enumerate((-400, 7, 8))]
    assert paginate(rules, *pages)[1] == [None, None, StopReason.KNOWN]


def test_a_rescan_that_finds_something_new_continues_past_its_days() -> None:
    rules = StopRules(known_pages=1, rescan_days=7, today=TODAY)
    pages = [entries(1, already_crawled=True, ago=0), entries(2, ago=8), entries(3, already_crawled=True, ago=9)]
    assert paginate(rules, *pages)[1] == [None, None, StopReason.KNOWN]


def test_pages_that_only_repeat_end_it_as_broken_but_a_repeat_now_and_then_does_not() -> None:
    crawl, answers = paginate(StopRules(), entries(1, 2), entries(2), entries(3), entries(3), entries(1), entries(2, 3))
    assert answers == [None, None, None, None, None, StopReason.REPEATS]
    assert not crawl.complete
    assert crawl.received == 8


def test_an_entry_that_comes_twice_is_new_once() -> None:
    crawl, _ = paginate(StopRules(), entries(1, 2), entries(2, 3))
    assert crawl.new == 3
    assert paginate(StopRules(), entries(1, 1))[0].new == 1
    again, _ = paginate(StopRules(), entries(1))
    again.again(entries(2, 2, 1))
    assert again.new == 2


def test_the_first_page_read_again_overlaps_or_does_not() -> None:
    crawl, _ = paginate(StopRules(), entries(1, 2), [])
    crawl.head = ("n8", "n9")
    assert not crawl.again(entries(8, 9, ago=-1))
    assert not crawl.again(entries(9, 1))
    assert crawl.again(entries(1, 2))
    assert (crawl.new, crawl.newest) == (4, day(-1))
    assert set(crawl.ids) == {"n1", "n2", "n8", "n9"}


def test_entries_that_were_moved_to_the_top_do_not_join() -> None:
    crawl, _ = paginate(StopRules(), entries(1, 2), entries(3, 4), entries(5, 6, 7, 8), [])
    crawl.head = ("n6", "n8")
    assert not crawl.again(entries(6, 8))
    assert not crawl.again(entries(9, 5, 6))
    assert crawl.again(entries(5, 6, 7))


def test_the_first_stop_reason_stays_unless_the_listing_becomes_incomplete() -> None:
    crawl, _ = paginate(StopRules(), entries(1), [])
    crawl.stop(StopReason.INTERRUPTED)
    assert crawl.stopped is StopReason.END
    crawl.mark_incomplete(StopReason.FAILED)
    assert crawl.stopped is StopReason.FAILED
    assert not crawl.complete


@pytest.mark.parametrize("why", StopReason)
def test_only_four_stop_reasons_leave_a_listing_complete(why: StopReason) -> None:
    crawl = ListingProgress(StopRules())
    assert not crawl.complete
    crawl.stop(why)
    assert crawl.complete == (why in (StopReason.END, StopReason.UNCHANGED, StopReason.KNOWN, StopReason.SINCE))


def test_newest_and_oldest_are_the_days_that_were_shown() -> None:
    crawl, _ = paginate(StopRules(), entries(1, ago=None), entries(2, ago=3), entries(3, ago=9) + entries(4, ago=1))
    assert (crawl.newest, crawl.oldest) == (day(1), day(9))
    assert (paginate(StopRules(), entries(1, ago=None))[0].newest) is None


DAYS = st.none() | st.dates().map(date.isoformat) | st.integers(-3, 40).map(day)
ENTRY = st.builds(Entry, st.integers(0, 30).map("n{}".format), DAYS, st.booleans(), st.booleans())
PAGES = st.lists(st.lists(ENTRY, max_size=4), max_size=12)
RULES = st.builds(
    StopRules,
    since=DAYS,
    max_pages=st.none() | st.integers(1, 6),
    known_pages=st.integers(0, 3),
    head=st.lists(st.integers(0, 5).map("n{}".format), max_size=2).map(tuple),
    rescan_days=st.none() | st.integers(0, 10) | st.just(999_999_999),
    today=st.just(TODAY),
)


def _older(page: list[Entry], than: date) -> bool:
    days = [date.fromisoformat(each.day) for each in page if each.day]
    return bool(days) and max(days) < than


def _in_a_row(once: Sequence[Iterable[Entry]], since: str) -> int:
    dated = [each.day for one in once for each in one if each.day]
    return len(dated) - max((at for at, shown in enumerate(dated, 1) if shown >= since), default=0)


def model(rules: StopRules, pages: list[list[Entry]]) -> StopReason | None:
    """Why pagination stops after these pages, as a simple model that is written differently from the code."""
    page = pages[-1]
    if not page:
        return StopReason.NO_TEASERS if len(pages) == 1 else StopReason.END
    ids = [{each.id for each in one} for one in pages]
    ordered = tuple(each.id for each in page)
    if len(pages) == 1 and rules.known_pages and rules.rescan_days is None and ordered == rules.head:
        return StopReason.UNCHANGED
    if len(pages) > 3 and all(ids[at] <= set().union(*ids[:at]) for at in range(len(pages) - 3, len(pages))):
        return StopReason.REPEATS
    # A page says something by what no page before has shown; of an entry that stands there twice the last word counts.
    fresh = [ids[at].difference(*ids[:at]) for at in range(len(pages))]
    once = [{each.id: each for each in one if each.id in fresh[at]}.values() for at, one in enumerate(pages)]
    counted = [[each.already_crawled for each in one if each.wanted] for one in once]
    counted = [each for each in counted if each]
    last = counted[-rules.known_pages :] if rules.known_pages else []
    if rules.known_pages and len(last) == rules.known_pages and all(map(all, last)):
        shown = [each.day for one in pages for each in one if each.day]
        start = date.fromisoformat(min(TODAY, max(shown, default=TODAY)))
        back = date.fromordinal(max(1, start.toordinal() - (rules.rescan_days or 0)))
        if rules.rescan_days is None or _older(page, back):
            return StopReason.KNOWN
    if rules.since and _older(page, date.fromisoformat(rules.since)) and _in_a_row(once, rules.since) >= 10:
        return StopReason.SINCE
    if rules.max_pages and len(pages) >= rules.max_pages:
        return StopReason.MAX_PAGES
    return None


@given(RULES, PAGES)
@example(StopRules(known_pages=1, rescan_days=7, today=TODAY), [[Entry("n1", "0001-01-01", True, True)]])
@example(StopRules(known_pages=2, today=TODAY), [[Entry("n1", None, True, True)], [Entry("n1", None, True, True)]])
def test_pagination_agrees_with_the_model_and_counts_entries(rules: StopRules, pages: list[list[Entry]]) -> None:
    crawl = ListingProgress(rules)
    for number in range(1, len(pages) + 1):
        read = pages[:number]
        assert crawl.page(read[-1]) == model(rules, read)
        seen = [each for page in read for each in page]
        assert crawl.pages == number
        assert crawl.received == len(seen)
        assert set(crawl.ids) == {each.id for each in seen}
        assert crawl.head == tuple(each.id for each in pages[0])
        if crawl.stopped is not None:
            break


@given(st.integers(0, 60), st.integers(1, 10), st.data())
def test_a_listing_that_grows_during_pagination_is_read_without_a_gap(old: int, size: int, data: st.DataObject) -> None:
    listing = list(range(old, 0, -1))
    crawl = ListingProgress(StopRules())
    at = 0
    while crawl.stopped is None:
        crawl.page(entries(*listing[at : at + size]))
        at = crawl.received
        for _ in range(data.draw(st.integers(0, min(2, size - 1)))):
            listing.insert(0, listing[0] + 1 if listing else 1)
        if len(listing) > old + 30:
            break
    if crawl.stopped is StopReason.END:
        assert {f"n{each}" for each in range(1, old + 1)} <= set(crawl.ids)


@pytest.mark.parametrize(
    ("again", "is_lost"),
    [
        ([(1, 2, 3)], False),
        ([(9, 1, 2)], False),  # a new one on top
        ([(1, 2, 4)], True),  # the last one of the page is gone
        ([(2, 3, 4)], True),
        ([(4, 5, 6)], True),
        ([(1, 2, 3), (5, 6, 7)], True),
        ([(9, 1, 2), (3, 4, 5)], False),
        ([(8, 1, 2), (3, 4, 5)], False),  # one was moved to the top
    ],
)
def test_an_entry_that_left_the_first_pages_is_noticed(again: Sequence[Sequence[int]], is_lost: bool) -> None:
    progress, _ = paginate(StopRules(), entries(1, 2, 3), entries(4, 5, 6), entries(7, 8))
    for page in again:
        progress.again(entries(*page))
    assert progress.has_lost() == is_lost
    progress.begin_again()
    for page in again:
        progress.again(entries(*page))
    assert not progress.has_lost(), "what is known to be gone is no new loss"
