"""Frames, line breaks and odd words of pages that are not titles, texts, pagination or teasers."""

from __future__ import annotations

import pytest

from tests.support.page_variants import (
    BASE,
    HEADLINE,
    LOGO,
    ORIGINAL,
    PARAGRAPHS,
    SOURCE,
    TEASERS,
    TITLED,
    TITLELESS,
    URL,
    T,
    listing,
    page,
    root,
)
from vokcrawl.loaders import load_article
from vokcrawl.normalize import clean_text, clean_title, shown_date
from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.document import PageFault, read_document
from vokcrawl.pages.listing import RawTeaser, read_teasers
from vokcrawl.pages.more import read_more
from vokcrawl.pages.routes import AjaxRoute, LinkRoute, Route

CALL = "get_cat_by_source"
ITEMS = "".join(map(TITLED["list of cards"][1], TEASERS))
META = f"<p>Date: 10/12/2024 | Source: {SOURCE}</p>"
HEAD = f"<h2>{HEADLINE}</h2>"
TEXT = "".join(f"<p>{each}</p>" for each in PARAGRAPHS)
CONTENT = f"<div class='article-content'>{TEXT}</div>"
# With a slug that is no help, only its place tells the headline.
KOREAN_URL = "http://site.test/newstream/1733850000-4040/%eb%8b%a4%eb%a6%ac%ea%b0%80-%ea%b1%b4%ec%84%a4/"
METERING = "Upgrade to NK PRO today to get full access to this content except for users based in South Korea"
OTHERS = (
    T(
        "1733700000-7",
        "invented-fair-opens",
        "Invented fair opens",
        "A fair of invented things has",
        "December 08, 2024",
    ),
    T(
        "1733710000-8",
        "lake-boats-painted",
        "Lake boats painted",
        "The boats of the lake have been",
        "December 09, 2024",
    ),
)


def fields(teasers: list[RawTeaser]) -> list[tuple[str, str | None, str | None, str | None]]:
    return [
        (each.id, clean_title(each.title or ""), clean_text(each.excerpt or "") or None, shown_date(each.date or ""))
        for each in teasers
    ]


def wanted(*, titled: bool = True) -> list[tuple[str, str | None, str, str | None]]:
    return [(each.id, each.title if titled else None, each.excerpt, shown_date(each.date)) for each in TEASERS]


def route(content: str, received: int = 10) -> Route | None:
    return read_more(root(page(content)), BASE, received).route


def read(content: str, url: str = URL) -> ArticlePage:
    return ArticlePage(root(page(content)), url)


def body(seen: ArticlePage) -> tuple[str, ...]:
    return tuple(load_article(seen.read(), "1733850000-4040", URL)["body"].split("\n\n"))


def block(variant: str = "list", teasers: tuple[T, ...] = TEASERS) -> str:
    start, item, end = TITLELESS[variant]
    more = '<p><a href="/article/163/">More Articles</a></p>'
    return f"<div><h3>More From {SOURCE}</h3>{start}{''.join(map(item, teasers))}{end}{more}</div>"


# More Articles

VIEWS = {
    "as a call": '$.post("/wp-admin/admin-ajax.php", {action: "post_views", id: 4711, from: 1, to: 2});',
    "as an address": '$.get("/wp-admin/admin-ajax.php?action=post_views&id=4711&from=1&to=2");',
    "as settings": 'var views = {"ajax_url": "/wp-admin/admin-ajax.php", "action": "post_views", "id": "4711"};',
}


@pytest.mark.parametrize("views", VIEWS)
@pytest.mark.parametrize(
    "real",
    [
        f'load({{action: "{CALL}", id: 189661, from: 20, to: 15}});',
        f'$.get("/wp-admin/admin-ajax.php?action={CALL}&die=true&from=20&to=15&sort=&id=189661");',
    ],
    ids=["an object", "an address"],
)
@pytest.mark.parametrize("between", ["</script>{}<script>", "{}", " $(function () {{ ", "{} var id = 3; "])
@pytest.mark.parametrize("first", [True, False], ids=["before it", "behind it"])
def test_another_call_of_the_page_is_not_taken_for_more_articles(
    views: str, real: str, between: str, first: bool
) -> None:
    calls = (VIEWS[views], real) if first else (real, VIEWS[views])
    script = between.format("").join(calls)
    found = route(f'{ITEMS}<a href="#">More Articles</a><script>{script}</script>')
    assert isinstance(found, AjaxRoute)
    assert (found.action, found.id, found.start, found.size) == (CALL, "189661", 20, 15)


@pytest.mark.parametrize("menu", ["<nav><a href='/all/'>More Articles</a></nav>", "<a href='/all/'>More Articles</a>"])
def test_a_menu_item_with_the_same_words_before_the_list_is_not_the_next_page(menu: str) -> None:
    assert route(f'{menu}<ul>{ITEMS}</ul><a href="/article/163/page/2/">More Articles</a>') == LinkRoute(
        f"{BASE}page/2/"
    )
    call = f'<button data-action="{CALL}" data-id="189661" data-from="20" data-to="15">More Articles</button>'
    found = route(f"{menu}<ul>{ITEMS}</ul>{call}")
    assert isinstance(found, AjaxRoute)
    assert found.id == "189661"


@pytest.mark.parametrize("href", ["#", "#more", "/article/163/#", "/article/163/#more", f"{BASE}#more"])
def test_a_button_that_links_to_a_fragment_of_its_page_is_read_by_its_data_attributes(href: str) -> None:
    data = f'data-action="{CALL}" data-id="189661" data-from="20" data-to="15"'
    found = route(f'{ITEMS}<a href="{href}" {data}>More Articles</a>')
    assert isinstance(found, AjaxRoute)
    assert (found.action, found.id, found.start, found.size) == (CALL, "189661", 20, 15)


@pytest.mark.parametrize("element", ['<a href="#" {}>More Articles</a>', "<button {}>More Articles</button>"])
def test_the_number_of_the_source_alone_is_enough_on_the_very_element(element: str) -> None:
    found = route(ITEMS + element.format('data-id="189661"'), received=20)
    assert isinstance(found, AjaxRoute)
    assert (found.action, found.id, found.start, found.size) == (CALL, "189661", 20, 10)
    # On an element around it a number may be anything's.
    assert route(f'{ITEMS}<div data-id="189661">{element.format("")}</div>') is None


@pytest.mark.parametrize(
    "words",
    [
        "Load More Articles",
        "Show more results",
        "More Articles (37) »",
        "Older posts",
        "« Older Posts",
        "View more stories",
        "LOAD MORE",
    ],
)
def test_the_words_that_themes_use_lead_on(words: str) -> None:
    assert route(f'{ITEMS}<a href="/article/163/page/2/">{words}</a>') == LinkRoute(f"{BASE}page/2/")


@pytest.mark.parametrize("words", ["More", "Read more", "Older", "More about the choir", "37 articles"])
def test_a_more_articles_link_to_elsewhere_is_not_the_next_page(words: str) -> None:
    more = read_more(root(page(f'{ITEMS}<a href="/elsewhere/">{words}</a>')), BASE, 10)
    assert (more.label_found, more.route) == (False, None)


# Titles, excerpts and headlines


def broken(text: str, by: str = "<br>") -> str:
    """The text with a line break in the place of its third space."""
    first, second, third, rest = text.split(" ", 3)
    return f"{first} {second} {third}{by}{rest}"


@pytest.mark.parametrize("by", ["<br>", "<br/>", " <br>\n"])
@pytest.mark.parametrize(
    "variant", ["the markup that is known", "list of cards", "flat row of headings and paragraphs"]
)
def test_a_line_break_in_a_title_or_an_excerpt_is_white_space(variant: str, by: str) -> None:
    markup = listing(TITLED[variant])
    for each in TEASERS:
        for text in (each.title, each.excerpt):
            assert text in markup
            markup = markup.replace(text, broken(text, by))
    assert fields(read_teasers(root(markup))) == wanted()


@pytest.mark.parametrize("by", ["<br>", "<br/>", " <br>\n"])
def test_a_line_break_in_a_headline_is_white_space(by: str) -> None:
    for url in (URL, KOREAN_URL):
        seen = read(f"<h2>{broken(HEADLINE, by)}</h2>{META}{CONTENT}{block()}", url)
        assert seen.read().title == HEADLINE


SIDE = "<h3>Popular</h3><ul><li>Rivers</li></ul><h3>Tags</h3><ul><li>Bridges</li></ul>"


@pytest.mark.parametrize("tag", ["aside", "nav"])
def test_headings_in_a_sidebar_or_a_menu_are_no_headline(tag: str) -> None:
    side = f"<{tag}>{SIDE}</{tag}>"
    for text in (CONTENT, f"<div>{TEXT}</div>"):
        for content in (f"{HEAD}{side}{META}{text}", f"{side}{HEAD}{META}{text}"):
            assert read(content + block(), KOREAN_URL).read().title == HEADLINE
        # No headline at all rather than that of something else.
        assert read(f"{side}{META}{text}{block()}", KOREAN_URL).read().title is None


def test_the_line_above_the_meta_line_is_the_headline_only_where_nothing_stands_between() -> None:
    line = f"<div>{HEADLINE}</div>"
    assert read(f"{line}{META}<div>{TEXT}</div>{block()}", KOREAN_URL).read().title == HEADLINE
    for between in ("<nav>Home / Newstream</nav>", "<aside>Popular</aside>", "<form><label>Search</label></form>"):
        seen = read(f"<div>Watching the media of the North</div>{between}{META}<div>{TEXT}</div>{block()}", KOREAN_URL)
        assert seen.read().title is None


SLUG_AND_MORE = " of the north this week, and pickers from all the villages around came together on"


@pytest.mark.parametrize(
    "item",
    [
        '<li><a href="{href}">{said}</a><p>{date}</p><p>{said}</p></li>',
        '<li><h4><a href="{href}">{said}</a></h4><p>{date}</p><p>{said}</p></li>',
        '<li><a href="{href}"><img src="' + LOGO + '" alt="{said}"></a><p>{said}</p><p>{date}</p><p>{said}</p></li>',
    ],
    ids=["linked", "as a heading", "as a picture's words"],
)
def test_an_excerpt_that_begins_with_the_words_of_the_slug_is_not_the_title(item: str) -> None:
    items = [item.format(href=each.href, said=each.title + SLUG_AND_MORE, date=each.date) for each in TEASERS]
    teasers = read_teasers(root(page(f"<ul>{''.join(items)}</ul>")))
    assert fields(teasers) == [(each.id, None, each.title + SLUG_AND_MORE, shown_date(each.date)) for each in TEASERS]


def test_a_first_paragraph_that_begins_with_the_words_of_the_slug_is_not_the_headline() -> None:
    opening = f"<p>{HEADLINE}, and the villagers' brass band played.</p>"
    seen = read(f"<h2>Opening ceremony</h2>{META}<div class='article-content'>{opening}{TEXT}</div>{block()}").read()
    assert seen.title == "Opening ceremony"
    assert seen.paragraphs == [clean_text(f"{HEADLINE}, and the villagers' brass band played."), *PARAGRAPHS]


# The body

RELATED = {
    "as the site's items": "the markup that is known",
    "as a list": "list of cards",
    "as a flat row": "flat row of headings and paragraphs",
}


@pytest.mark.parametrize("variant", RELATED)
@pytest.mark.parametrize("place", ["below the text", "in its midst"])
@pytest.mark.parametrize("posts", [OTHERS, OTHERS[:1]], ids=["two posts", "one post"])
@pytest.mark.parametrize("wrapped", [True, False], ids=["in an element of their own", "among the paragraphs"])
def test_related_posts_inside_the_content_leave_nothing_in_the_body_and_take_nothing_from_it(
    variant: str, place: str, posts: tuple[T, ...], wrapped: bool
) -> None:
    start, item, end = TITLED[RELATED[variant]] if wrapped else ("", TITLED[RELATED[variant]][1], "")
    related = f"<h3>Related posts</h3>{start}{''.join(map(item, posts))}{end}"
    if wrapped:
        related = f"<div>{related}</div>"
    at = len(TEXT) if place == "below the text" else TEXT.index("</p>") + len("</p>")
    content = f"<div class='article-content'>{TEXT[:at]}{related}{TEXT[at:]}</div>"
    seen = read(f"{HEAD}{META}{content}{block()}")
    assert body(seen) == PARAGRAPHS
    assert seen.read().title == HEADLINE
    assert [each.id for each in seen.teasers()] == [each.id for each in TEASERS]


META_LINES = {
    "spans without a space": f"<p><span>Date: 10/12/2024</span><span>Source: {SOURCE}</span>"
    f"<span><a href='{ORIGINAL}'>Read original version at source</a></span></p>",
    "spans and bars without a space": f"<p><span>Date:10/12/2024</span>|<span>Source:{SOURCE}</span>|"
    f"<a href='{ORIGINAL}'>Read original version at source</a></p>",
    "hyphens": f"<p>Date: 10/12/2024 - Source: {SOURCE} - <a href='{ORIGINAL}'>Read original version at source</a></p>",
    "dashes": f"<p>Date: 10/12/2024 – Source: {SOURCE} — <a href='{ORIGINAL}'>Read original version at source</a></p>",
    "dots": f"<p>Date: 10/12/2024 · Source: {SOURCE} • <a href='{ORIGINAL}'>Read original version at source</a></p>",
    "line breaks": f"<p>Date: 10/12/2024<br>Source: {SOURCE}<br><a href='{ORIGINAL}'>Read original version</a></p>",
}


@pytest.mark.parametrize("variant", META_LINES)
def test_the_meta_line_is_read_whatever_parts_it(variant: str) -> None:
    for text in (CONTENT, f"<div>{TEXT}</div>"):
        item = load_article(read(f"{HEAD}{META_LINES[variant]}{text}{block()}").read(), "1733850000-4040", URL)
        assert (item["published_on"], item["source"], item["original_url"]) == ("2024-12-10", SOURCE, ORIGINAL)
        assert (item["title"], tuple(item["body"].split("\n\n"))) == (HEADLINE, PARAGRAPHS)


@pytest.mark.parametrize(
    "offer", ["<a href='/pro/'>Upgrade to NK PRO</a>", "<p><a href='/pro/'>Upgrade to NK PRO</a></p>"]
)
def test_an_offer_to_upgrade_beside_the_content_does_not_make_the_article_truncated(offer: str) -> None:
    above, below = (
        f"{HEAD}{META}<div>{offer}</div>{CONTENT}{block()}",
        f"{HEAD}{META}{CONTENT}<div>{offer}</div>{block()}",
    )
    for content in (f"<div>{offer}</div>{HEAD}{META}{CONTENT}{block()}", above, below):
        seen = read(content)
        assert not seen.read().truncated
        assert body(seen) == PARAGRAPHS


@pytest.mark.parametrize(
    "sentence", [METERING, f"<a href='/pro/'>{METERING}</a>", f"<a>Upgrade to NK PRO</a>{METERING[17:]}"]
)
def test_the_whole_sentence_below_the_content_makes_the_article_truncated(sentence: str) -> None:
    seen = read(f"{HEAD}{META}{CONTENT}<div>{sentence}</div>{block()}")
    assert seen.read().truncated
    assert body(seen) == PARAGRAPHS


@pytest.mark.parametrize("wrapper", ["div", "figure"])
def test_a_caption_as_wordpress_writes_it_belongs_to_its_picture_and_not_to_the_body(wrapper: str) -> None:
    captioned = (
        f"<{wrapper} class='wp-caption aligncenter'><a href='/p.jpg'><img src='/p.jpg'></a>"
        f"<p class='wp-caption-text'>The\n bridge at <b>dawn</b></p></{wrapper}>"
    )
    if wrapper == "figure":
        captioned = captioned.replace("<p class", "<figcaption class").replace("</p>", "</figcaption>")
    at = TEXT.index("</p>") + len("</p>")
    for content in (
        f"<div class='article-content'>{TEXT[:at]}{captioned}{TEXT[at:]}</div>",
        TEXT[:at] + captioned + TEXT[at:],
    ):
        seen = read(f"{HEAD}{META}<div>{content}</div>{block()}")
        item = load_article(seen.read(), "1733850000-4040", URL)
        assert item["images"] == [{"url": "http://site.test/p.jpg", "caption": "The bridge at dawn"}]
        assert body(seen) == PARAGRAPHS


# The block

SIDEBARS = {
    "an aside": "<aside><h3>Popular</h3><ul>{}</ul></aside>",
    "a div under a heading": "<div><h3>Popular</h3><ul>{}</ul></div>",
}


def side_items() -> str:
    return "".join(
        f"<li><a href='{each.href}'>{each.title}</a><span>{each.date}</span><p>{each.excerpt}</p></li>"
        for each in OTHERS
    )


@pytest.mark.parametrize("variant", TITLELESS)
@pytest.mark.parametrize("sidebar", SIDEBARS)
def test_a_sidebar_behind_the_block_gives_no_teasers_and_nothing_to_the_body(variant: str, sidebar: str) -> None:
    side = SIDEBARS[sidebar].format(side_items())
    for text in (CONTENT, f"<div>{TEXT}</div>"):
        seen = read(f"<main>{HEAD}{META}{text}{block(variant)}</main>{side}")
        assert fields(seen.teasers()) == wanted(titled=False)
        assert body(seen) == PARAGRAPHS
        assert seen.block_source == SOURCE


@pytest.mark.parametrize("variant", ["the markup that is known", "list of cards", "one link around the whole card"])
@pytest.mark.parametrize("sidebar", SIDEBARS)
@pytest.mark.parametrize("place", ["before", "behind"])
def test_a_sidebar_beside_a_listing_gives_no_teasers(variant: str, sidebar: str, place: str) -> None:
    side = SIDEBARS[sidebar].format(side_items())
    start, item, end = TITLED[variant]
    cards = f"<h1>{SOURCE}</h1>{start}{''.join(map(item, TEASERS))}{end}"
    teasers = read_teasers(root(page(side + cards if place == "before" else cards + side)))
    assert fields(teasers) == wanted()
    assert [each.position for each in teasers] == [1, 2, 3]


@pytest.mark.parametrize("variant", TITLELESS)
@pytest.mark.parametrize("heading", ["More From KCNA Watch", "More from NK News"])
def test_a_later_more_from_heading_of_the_site_is_not_the_block(variant: str, heading: str) -> None:
    later = f"<div><h3>{heading}</h3><ul>{side_items()}</ul></div>"
    for text in (CONTENT, f"<div>{TEXT}</div>"):
        seen = read(f"{HEAD}{META}{text}{block(variant)}{later}")
        assert seen.block_source == SOURCE
        assert fields(seen.teasers()) == wanted(titled=False)
        assert body(seen) == PARAGRAPHS


# Answers that are no page


@pytest.mark.parametrize(
    "answer", [b'{"html": "<p>More</p>"}', b'\r\n [{"a": "<b>x</b>"}]', b'{"error": true}', b'["<li>x</li>"]']
)
@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "text/plain", ""])
def test_json_declared_as_html_is_not_a_page(answer: bytes, kind: str) -> None:
    with pytest.raises(PageFault) as fault:
        read_document(answer, kind)
    assert fault.value.name == "not_html_json"


def test_a_mere_link_to_upgrade_on_a_page_without_the_known_class_truncates_nothing() -> None:
    text = "<div>The choir sang in the capital on Sunday, and the audience stayed until the very end of it.</div>"
    head = "<h1>Choir sings</h1><div>Date: 26/06/2025 | Source: Voice of Korea (EN)</div>"
    for link, truncated in (
        ('<div><a href="/pro/">Upgrade to NK PRO</a></div>', False),
        ("<div>Upgrade to NK PRO today to get full access to this content</div>", True),
    ):
        read = ArticlePage(root(page(f"{head}{text}{link}{text}")), f"{BASE}newstream/1750885366-1/choir-sings/").read()
        assert read.truncated is truncated
