"""The model of a site does what the names of its behaviours say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.simulation.site import ArticleAnswer, Got, ListingAnswer, Site
from tests.simulation.world import End, Kind, World

PLAIN = World(
    seed=7,
    kind=Kind.AJAX,
    articles=12,
    page_size=5,
    per_day=2,
    end=End.NOTHING,
    behaviours=frozenset(),
    faulty_runs=1,
)


def site(*behaviours: str, **changes: object) -> Site:
    return Site(replace(PLAIN, behaviours=frozenset(behaviours), **changes))  # type: ignore[arg-type]


def numbers(answer: ListingAnswer) -> list[int]:
    return [each.number for each in answer.entries]


def test_batches_are_cut_by_offset() -> None:
    plain = site()
    assert numbers(plain.batch(0, 5)) == [1, 2, 3, 4, 5]
    assert numbers(plain.batch(10, 5)) == [11, 12]
    assert plain.batch(12, 5) == ListingAnswer(Got.PAGE, end=End.NOTHING)


@pytest.mark.parametrize(
    ("behaviour", "batch"),
    [
        ("pinned_on_top", [13, 6, 7, 8, 9, 10]),
        ("pinned_in_place_of_one", [13, 6, 7, 8, 9]),
        ("short_batches", [6, 7, 8, 9]),
        ("long_batches", [6, 7, 8, 9, 10, 11, 12]),
    ],
)
def test_batches_are_cut_as_the_site_likes(behaviour: str, batch: list[int]) -> None:
    assert numbers(site(behaviour).batch(5, 5)) == batch


def test_offsets_are_rounded_down_where_only_multiples_are_known() -> None:
    rounding = site("multiples_only")
    assert numbers(rounding.batch(4, 5)) == [1, 2, 3, 4, 5]
    assert numbers(rounding.batch(5, 5)) == numbers(rounding.batch(9, 5)) == [6, 7, 8, 9, 10]


@pytest.mark.parametrize(
    ("end", "answer"),
    [
        (End.WORDS, ListingAnswer(Got.PAGE, end=End.WORDS)),
        (End.ZERO, ListingAnswer(Got.PAGE, end=End.ZERO)),
        (End.ERROR, ListingAnswer(Got.MISSING, reason="http_404", status=404)),
        (End.SERVER_ERROR, ListingAnswer(Got.FAILED, reason="http_500", transient=True, status=500)),
    ],
)
def test_end_is_answered_as_the_site_likes(end: End, answer: ListingAnswer) -> None:
    assert site(end=end).batch(40, 5) == answer


def test_clamped_end_is_the_last_batch_again() -> None:
    assert numbers(site(end=End.CLAMPED).batch(40, 5)) == [11, 12]


@pytest.mark.parametrize(("end", "following"), [(End.NO_LINK, None), (End.BARE_LINK, 4), (End.CLAMPED, 4)])
def test_last_numbered_page_links_on_as_the_end_says(end: End, following: int | None) -> None:
    listing = site(kind=Kind.LINK, end=end)
    assert [listing.page(number).following for number in (1, 2, 3)] == [2, 3, following]


def test_removed_entries_move_the_others_up() -> None:
    moving = site("removed")
    while len(moving.order) == 12:
        moving.batch(0, 5)
    gone = [each for each in moving.articles.values() if each.gone]
    assert gone
    assert not set(numbers(moving.batch(0, 50))) & {each.number for each in gone}
    assert moving.article(gone[0].id).got is Got.MISSING


def test_stale_pages_are_cut_from_the_listing_as_it_was() -> None:
    stale = site("stale_pages")
    stale.publish(3)
    seen = {tuple(numbers(stale.batch(0, 5))) for _ in range(60)}
    assert seen == {(1, 2, 3, 4, 5), (15, 14, 13, 1, 2)}


def test_nothing_goes_wrong_once_it_is_calm() -> None:
    faulty = site("removed", "inserted", "moved_anywhere", "listing_fails", "stale_pages", "articles_fail")
    for _ in range(20):
        faulty.batch(0, 5)
    faulty.calm_down()
    answers = [numbers(faulty.batch(0, 50)) for _ in range(50)]
    assert answers == [[each.number for each in faulty.order]] * 50
    assert all(faulty.article(each.id).got is Got.PAGE for each in faulty.order)


def test_articles_that_fail_for_a_while_are_delivered_later() -> None:
    failing = site("articles_fail")
    article = next(each for each in failing.order if each.failures)
    answers: list[Got] = []
    while not answers or answers[-1] is not Got.PAGE:
        answers.append(failing.article(article.id).got)
    assert answers == [Got.FAILED] * (len(answers) - 1) + [Got.PAGE]
    assert len(answers) > 1


def test_validators_show_what_has_not_changed() -> None:
    conditional = site("validators")
    article = conditional.order[0]
    etag = article.etag
    assert conditional.article(article.id, etag) == ArticleAnswer(Got.NOT_MODIFIED, article, status=304)
    article.version += 1
    assert conditional.article(article.id, etag).got is Got.PAGE


def test_search_finds_the_days_it_is_asked_for() -> None:
    searched = site(kind=Kind.SEARCH, end=End.WORDS)
    assert numbers(searched.search("2025-06-28", "2025-06-29")) == [3, 4, 5, 6]
    assert searched.search(None, None).following == 2
    assert searched.search("2024-01-01", "2024-01-02") == ListingAnswer(Got.PAGE, end=End.WORDS)


def test_switching_one_behaviour_off_leaves_what_the_others_draw() -> None:
    both, one = site("mixed_sources", "undated"), site("mixed_sources")
    assert [each.wanted for each in both.order] == [each.wanted for each in one.order]
