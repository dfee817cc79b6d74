"""Teasers are recognised by the content of their lines, whatever the markup around them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.cpu_limit import cpu_limit
from tests.support.page_mutations import SKINS, mutated, rendered, reskinned
from tests.support.page_variants import HARD, LOGO, TEASERS, TITLED, TITLELESS, T, listing, page, root
from vokcrawl.normalize import article_id, clean_text, clean_title, shown_date
from vokcrawl.pages.listing import RawTeaser, read_teasers


def fields(teasers: list[RawTeaser]) -> list[tuple[str, str | None, str | None, str | None]]:
    """Id, title, excerpt and day of each, as the item loader would have them."""
    return [
        (each.id, clean_title(each.title or ""), clean_text(each.excerpt or "") or None, shown_date(each.date or ""))
        for each in teasers
    ]


def expected(teaser: T, *, titled: bool = True) -> tuple[str, str | None, str, str | None]:
    return teaser.id, teaser.title if titled else None, teaser.excerpt, shown_date(teaser.date)


@pytest.mark.parametrize("variant", TITLED)
def test_a_listing_is_read_the_same_in_every_markup(variant: str) -> None:
    teasers = read_teasers(root(listing(TITLED[variant])))
    assert fields(teasers) == [expected(each) for each in TEASERS]
    assert [each.position for each in teasers] == [1, 2, 3]
    assert [article_id(each.href) for each in teasers] == [each.id for each in TEASERS]


@pytest.mark.parametrize("variant", TITLELESS)
def test_a_block_without_titles_is_read_the_same_in_every_markup_and_no_title_is_invented(variant: str) -> None:
    assert fields(read_teasers(root(listing(TITLELESS[variant])))) == [expected(each, titled=False) for each in TEASERS]


@pytest.mark.parametrize("variant", HARD)
def test_ambiguous_lines_are_read_right_or_null_but_never_mixed_up(variant: str) -> None:
    found = fields(read_teasers(root(listing(HARD[variant]))))
    assert [each[0] for each in found] == [each.id for each in TEASERS]
    for got, teaser in zip(found, TEASERS, strict=True):
        _, title, excerpt, day = expected(teaser)
        assert got[1] in (None, title)
        assert got[2] in (None, excerpt)
        assert got[3] in (None, day)


def test_a_bare_link_to_an_article_above_a_listing_is_no_teaser_with_the_words_around_it() -> None:
    ticker = '<div>Latest: <a href="/newstream/1733900000-9/some-newest-story/">Some newest story</a></div>'
    teasers = read_teasers(root(listing(TITLED["list of cards"], heading=f"{ticker}<h1>Voice of Korea (EN)</h1>")))
    assert [each.title for each in teasers if each.id == "1733900000-9"] in ([], ["Some newest story"])
    assert fields(teasers)[-3:] == [expected(each) for each in TEASERS]


def test_days_as_headings_of_groups_do_not_become_titles() -> None:
    groups = "".join(
        f'<h3>December {10 - day}, 2024</h3><ul><li><p><a href="/newstream/173380000{day}-1/one/">One of {day}</a></p>'
        f'<p>Excerpt of one of {day}</p></li><li><p><a href="/newstream/173380010{day}-1/two/">Two of {day}</a></p>'
        f"<p>Excerpt of two of {day}</p></li></ul>"
        for day in range(3)
    )
    assert [each.title for each in read_teasers(root(page(groups)))] == [
        f"{which} of {day}" for day in range(3) for which in ("One", "Two")
    ]


def test_a_short_title_that_says_a_date_is_not_the_day_that_the_teaser_shows() -> None:
    items = "".join(
        f'<li><p><a href="/newstream/173380000{n}-1/words/">Words of May {n}, 2020</a></p><p>A long excerpt {n}</p>'
        f"<p>December 10, 2024</p><p>A long excerpt {n}</p></li>"
        for n in range(1, 4)
    )
    teasers = read_teasers(root(page(f"<ul>{items}</ul>")))
    assert [(each.title, each.date) for each in teasers] == [
        (f"Words of May {n}, 2020", "December 10, 2024") for n in range(1, 4)
    ]


def test_a_heading_only_article_has_its_title_as_excerpt_too() -> None:
    item = (
        '<li><h3><a href="/newstream/1733800000-101/strong-root/">Strong Root</a></h3><p>Strong Root</p>'
        "<p>December 10, 2024</p><p>Strong Root</p></li>"
    )
    assert fields(read_teasers(root(page(f"<ul>{item}</ul>")))) == [
        ("1733800000-101", "Strong Root", "Strong Root", "2024-12-10")
    ]


@pytest.mark.parametrize(
    ("shown", "day"),
    [
        ("February 30, 2024", None),
        ("Smarch 10, 2024", None),
        ("December 10, 2024", "2024-12-10"),
        ("\n December 09,\n 2024 ", "2024-12-09"),
        ("Dec. 10, 2024", None),
    ],
)
def test_a_line_that_looks_like_a_date_is_the_date_even_if_there_is_no_such_day(shown: str, day: str | None) -> None:
    item = TITLED["list of cards"][1](TEASERS[0]).replace(TEASERS[0].date, shown)
    (teaser,) = read_teasers(root(page(f"<ul>{item}</ul>")))
    assert teaser.date is not None
    assert shown_date(teaser.date) == day
    assert clean_text(teaser.excerpt or "") == TEASERS[0].excerpt


def test_a_teaser_without_date_or_title_or_excerpt_or_picture_lacks_just_that() -> None:
    card = TITLED["list of cards"][1](TEASERS[0])
    for part, at in ((TEASERS[0].date, 3), (TEASERS[0].title, 1), (TEASERS[0].excerpt.replace('"', "&quot;"), 2)):
        lacking = list(expected(TEASERS[0]))
        lacking[at] = None
        (found,) = fields(read_teasers(root(page(f"<ul>{card.replace(part, '')}</ul>"))))
        assert found == tuple(lacking)
    (teaser,) = read_teasers(root(page(f"<ul>{card.replace('<img', '<x-img')}</ul>")))
    assert (teaser.logo, teaser.source) == (None, None)
    (teaser,) = read_teasers(root(page(f"<ul>{card}</ul>")))
    assert (teaser.logo, teaser.source) == (LOGO, "Voice of Korea (EN)")


def test_half_changed_markup_loses_no_teaser() -> None:
    known, new = TITLED["the markup that is known"][1], TITLED["list of cards"][1]
    items = f"<section>{known(TEASERS[0])}<ul>{new(TEASERS[1])}</ul>{known(TEASERS[2])}</section>"
    teasers = read_teasers(root(page(items)))
    assert sorted(fields(teasers), key=str) == sorted((expected(each) for each in TEASERS), key=str)
    assert [each.position for each in teasers] == [1, 2, 3]


def test_an_article_that_stands_there_twice_is_given_twice_and_skipped_ids_keep_their_places() -> None:
    card = TITLED["list of cards"][1]
    cards = "".join(card(each) for each in (TEASERS[0], TEASERS[1], TEASERS[0]))
    teasers = read_teasers(root(page(f"<ul>{cards}</ul>")))
    assert [each.id for each in teasers] == [TEASERS[0].id, TEASERS[1].id, TEASERS[0].id]
    skipping = read_teasers(root(page(f"<ul>{cards}</ul>")), skip={TEASERS[0].id})
    assert [(each.id, each.position) for each in skipping] == [(TEASERS[1].id, 2)]


@pytest.mark.parametrize(
    "content", ["", "<p>No results</p>", "<a href='/newstream/'>x</a>", "<a>x</a><a href=''>y</a>"]
)
def test_a_page_without_links_to_articles_has_no_teasers(content: str) -> None:
    assert read_teasers(root(page(content))) == []


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_new_class_names_and_tags_change_no_result(data: st.DataObject) -> None:
    known = rendered("/article/163/", data.draw(st.sampled_from(SKINS)))
    before, after = (read_teasers(root(each)) for each in (known, reskinned(known, data)))
    assert fields(after) == fields(before)
    assert [each.href for each in after] == [each.href for each in before]


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_damaged_pages_never_raise_and_never_give_a_malformed_teaser(data: st.DataObject) -> None:
    skin = data.draw(st.sampled_from(SKINS))
    markup = mutated(rendered(data.draw(st.sampled_from(["/article/163/", "/newstream/"])), skin), data)
    for number, teaser in enumerate(read_teasers(root(markup)), 1):
        assert article_id(teaser.href) == teaser.id
        assert teaser.position == number
        assert teaser.title is None or teaser.title == clean_title(teaser.title)
        assert teaser.excerpt is None or teaser.excerpt == clean_text(teaser.excerpt) != ""


@pytest.mark.parametrize(
    "content",
    [
        "".join(f'<div><a href="/newstream/17{n:08}-1/s-{n}/">t</a>' for n in range(5000)),
        "<div>" + "".join(f'<a href="/newstream/17{n:08}-1/s-{n}/">t</a><p>x</p>' for n in range(6000)) + "</div>",
        "<div>"
        + "".join(f"<div class='article-desc'><a href='/newstream/17{n:08}-1/'>t</a></div>" for n in range(4000)),
        "<div class='article-desc'>" * 1000 + "<a href='/newstream/1733800000-101/s/'>t</a>",
    ],
    ids=["nested links", "flat links", "known items in one element", "nested known items"],
)
def test_a_hostile_page_is_read_in_good_time(content: str) -> None:
    with cpu_limit():
        read_teasers(root(content))


def test_a_date_that_is_linked_is_no_title() -> None:
    teaser = TEASERS[0]
    card = f"<div><p>{teaser.excerpt}</p><p><a href='{teaser.href}'>{teaser.date}</a></p><p>{teaser.excerpt}</p></div>"
    (raw,) = read_teasers(root(page(card)))
    assert (raw.title, raw.date) == (None, teaser.date)
