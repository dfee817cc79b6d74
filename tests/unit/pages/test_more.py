"""The "More Articles" route is read from the page: an href, data attributes, or an inline script."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.cpu_limit import cpu_limit
from tests.support.page_mutations import SITE, SKINS, mutated, rendered
from tests.support.page_variants import BASE, page, root
from vokcrawl.pages.more import read_more
from vokcrawl.pages.routes import AjaxRoute, LinkRoute

CALL = "get_cat_by_source"
ENDPOINT = "http://site.test/wp-admin/admin-ajax.php"
BUTTON = '<a href="#" id="more">More Articles</a>'


def route(content: str, received: int = 10) -> LinkRoute | AjaxRoute | None:
    return read_more(root(page(content)), BASE, received).route


@pytest.mark.parametrize(
    ("content", "url"),
    [
        ('<a href="/article/163/page/2/">More Articles</a>', "http://site.test/article/163/page/2/"),
        ('<a href="page/2/"> More\n Articles » </a>', "http://site.test/article/163/page/2/"),
        ('<a href="?page=2">MORE ARTICLES</a>', "http://site.test/article/163/?page=2"),
        ('<p><a href=" /p2/ "><span>More</span> <b>Articles</b><i></i></a></p>', "http://site.test/p2/"),
        ('<a href="https://other.test/p2/">More Articles</a>', "https://other.test/p2/"),
        ('<a href="/p2/">Load More</a>', "http://site.test/p2/"),
        ('<a href="/p2/">Next</a><link rel="next" href="/p2/">', "http://site.test/p2/"),
        ('<button>More Articles</button><a href="/p2/">More Articles</a>', "http://site.test/p2/"),
    ],
)
def test_a_plain_link_is_followed_where_it_leads(content: str, url: str) -> None:
    assert route(content) == LinkRoute(url)


@pytest.mark.parametrize(
    "content",
    [
        f'<a href="#" data-action="{CALL}" data-id="189661" data-from="20" data-to="15">More Articles</a>',
        f'<button data-action="{CALL}" data-id=189661 data-from=20 data-to=15><i></i> More Articles</button>',
        f'<input type="button" value="More Articles" data-action="{CALL}" data-id=189661 data-from=20 data-to=15>',
        f'<div class="b" data-action="{CALL}" data-id=189661 data-from=20 data-to=15><span>More Articles</span></div>',
        f'<div data-action="{CALL}" data-id=189661 data-from=20 data-to=15><p><a href="#">More Articles</a></p></div>',
        f'<a href="javascript:void(0)" data-source-id=189661 data-offset=20 data-limit=15 data-action={CALL}'
        ">More Articles</a>",
        f'<a href="/wp-admin/admin-ajax.php?action={CALL}&amp;die=true&amp;from=20&amp;to=15&amp;sort=&amp;id=189661">'
        "More Articles</a>",
        f"<a onclick=\"load({{action: '{CALL}', id: 189661, from: 20, to: 15}})\">More Articles</a>",
        f'{BUTTON}<script>$.get("/wp-admin/admin-ajax.php?action={CALL}&die=true&from=20&to=15&sort=&id=189661")</script>',
        f'{BUTTON}<script>var from = 20; jQuery.ajax({{url: ajaxurl, data: {{"action": "{CALL}", die: true, from: from,'
        ' to: 15, sort: "", id: 189661}});</script>',
        f"{BUTTON}<script>var next={{action:'{CALL}',die:true,from:20,to:15,sort:'',id:'189661'}};</script>",
        f'{BUTTON}<script>var more = {{"ajax_url":"http:\\/\\/site.test\\/wp-admin\\/admin-ajax.php","action":"{CALL}",'
        '"id":"189661","from":"20","to":"15"};</script>',
        f'{BUTTON}<script>var from = 20;</script><script>load("{CALL}"); x = {{id: 189661, from: 20, to: 15}}</script>',
    ],
)
def test_a_call_and_its_numbers_are_read_from_attributes_scripts_and_hrefs(content: str) -> None:
    found = route(content)
    assert isinstance(found, AjaxRoute)
    assert (found.endpoint, found.action, found.id) == (ENDPOINT, CALL, "189661")
    assert (found.start, found.size) == (20, 15)
    assert found.url == f"{ENDPOINT}?action={CALL}&die=true&sort=&from=20&to=15&id=189661"
    assert found.at(35).url.count("from=35") == 1


@pytest.mark.parametrize(
    "script",
    [
        f'var scroll = {{offset: 50, count: 3}}; $.get("{ENDPOINT}?action={CALL}&die=true&from=20&to=10&id=189661")',
        f'var scroll = {{offset: 50, limit: 3}}; load({{action: "{CALL}", id: 189661, from: 20, to: 10}})',
        f'track({{id: "UA-1234"}}); load({{action: "{CALL}", id: 189661, from: 20, to: 10}}, "admin-ajax")',
        f'var start = 0, size = 1; load({{action: "{CALL}", id: 189661, from: 20, to: 10}})',
    ],
)
def test_other_numbers_in_the_same_script_do_not_get_into_the_call(script: str) -> None:
    found = route(f"{BUTTON}<script>{script}</script>")
    assert isinstance(found, AjaxRoute)
    assert (found.id, found.start, found.size) == ("189661", 20, 10)


HANDED_ON = f'{{action: "{CALL}", die: true, from: start, to: count, sort: "", id: source}}'


@pytest.mark.parametrize(
    ("handler", "definition"),
    [
        ("loadMore(189661, 20, 15)", f"function loadMore(source, start, count) {{ jQuery.get(ajaxurl, {HANDED_ON}) }}"),
        ("loadMore(20, 15, '189661')", f"function loadMore(from, to, id) {{ jQuery.get(ajaxurl, {HANDED_ON}) }}"),
        ("site.loadMore(this, 189661, 20, 15); return false", "site.loadMore = function (at, id, from, to) { ask() }"),
        ("loadMore(189661, 20, 15)", "var loadMore = async (source_id, offset, limit) => { ask() }"),
    ],
)
@pytest.mark.parametrize("place", ["onclick", "href"])
def test_what_a_handler_hands_on_is_read_by_the_names_of_the_functions_parameters(
    handler: str, definition: str, place: str
) -> None:
    given = f'onclick="{handler}" href="#"' if place == "onclick" else f'href="javascript:{handler}"'
    found = route(f"<a {given}>More Articles</a><script>{definition}</script>")
    assert isinstance(found, AjaxRoute)
    assert (found.endpoint, found.action, found.id) == (ENDPOINT, CALL, "189661")
    assert (found.start, found.size) == (20, 15)


def test_without_the_function_a_handlers_numbers_are_read_where_one_says_what_was_received() -> None:
    handler = '<button onclick="loadMore(189661, 20, 15)">More Articles</button>'
    found = route(handler, received=20)
    assert isinstance(found, AjaxRoute)
    assert (found.id, found.start, found.size) == ("189661", 20, 15)
    assert route(handler, received=10) is None


def test_what_the_page_leaves_unsaid_is_taken_from_what_was_received() -> None:
    found = route(f'<a href="#" data-action="{CALL}" data-id="189661">More Articles</a>', received=20)
    assert isinstance(found, AjaxRoute)
    assert (found.start, found.size) == (20, 10)


@pytest.mark.parametrize(
    "content",
    [
        BUTTON,
        "<p>More Articles</p>",
        '<button data-id="post-99">More Articles</button>',
        # What the numbers of a handler are is not known where nothing tells.
        '<a href="javascript:loadMore(189661, 20, 10)">More Articles</a>',
        '<a onclick="loadMore(10, 189661, 10)">More Articles</a>',
        '<a onclick="loadMore(this, 10, 10)">More Articles</a>',
        '<a onclick="loadMore(189661)">More Articles</a>',
        '<a onclick="show(3, 4)">More Articles</a><script>function show(row, column) {}</script>',
        f'{BUTTON}<script>{{action: "{CALL}", from: 10}}</script>',
        f'{BUTTON}<script src="/more.js">{{action: "{CALL}", id: 1, from: 10}}</script>',
    ],
)
def test_a_more_articles_label_without_a_readable_route_is_reported(content: str) -> None:
    more = read_more(root(page(content)), BASE, 10)
    assert (more.label_found, more.route) == (True, None)


@pytest.mark.parametrize("content", ["", "<p>Read more articles about choirs</p>", '<a href="/p2/">Older ones</a>'])
def test_a_page_without_the_words_says_nothing(content: str) -> None:
    more = read_more(root(page(content)), BASE, 10)
    assert (more.label_found, more.route) == (False, None)


def test_a_link_to_an_article_is_not_a_more_articles_link() -> None:
    assert route('<a href="/newstream/1733800000-101/x/">More Articles</a>') is None
    assert route('<a rel="next" href="/newstream/1733800000-101/x/">Next article</a>') is None


@pytest.mark.parametrize("skin", SKINS)
def test_both_kinds_of_the_sample_site_are_read(skin: str) -> None:
    link = read_more(root(rendered("/article/163/", skin, "link")), f"{SITE}/article/163/", 10).route
    assert link == LinkRoute(f"{SITE}/article/163/page/2/")
    call = read_more(root(rendered("/article/163/", skin, "ajax")), f"{SITE}/article/163/", 10).route
    assert isinstance(call, AjaxRoute)
    assert (call.action, call.start, call.size) == (CALL, 10, 10)


@settings(max_examples=120, deadline=None)
@given(st.text(alphabet="idfromaction:='\"{}0123456789,&?/.#\\ \nx", max_size=200), st.booleans())
@example(script="admin-ajax.php?" * 9 + "id:1", in_attribute=False)
@example(script="x(id,id)action:'{" * 3, in_attribute=True)
def test_no_script_makes_the_extractor_raise(script: str, in_attribute: bool) -> None:
    noise = f"admin-ajax.php?{script}"
    quoted = noise.replace('"', "&quot;")
    content = f'<a onclick="{quoted}" data-id="{quoted}">More Articles</a>' if in_attribute else ""
    found = route(content or f"{BUTTON}<script>{noise.replace('<', '')}</script>")
    if isinstance(found, AjaxRoute):
        assert found.size >= 1
        assert found.url.startswith("http://site.test/")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_damaged_pages_never_raise(data: st.DataObject) -> None:
    markup = rendered("/article/163/", data.draw(st.sampled_from(SKINS)), "ajax")
    read_more(root(mutated(markup, data)), BASE, 10)


@pytest.mark.parametrize(
    "content",
    [
        f"{BUTTON}<script>admin-ajax {'a' * 190_000}</script>",
        f"{BUTTON}<script>{'admin-ajax.php' * 13_000}</script>",
        f"{BUTTON}<script>admin-ajax {'a.' * 95_000}</script>",
        f"{BUTTON}<script>admin-ajax {'a = ' * 45_000}</script>",
        f"{BUTTON}<script>admin-ajax {'action=' * 25_000}</script>",
        f"{BUTTON}<script>admin-ajax {'{action: x' * 18_000}</script>",
        f'<a onclick="{"m(1,2,3)" * 400}">More Articles</a><script>{"m=" * 90_000}</script>',
        f'<a onclick="{"m" * 190_000}(">More Articles</a><script>{"function m " * 15_000}</script>',
        f"{BUTTON * 12_000}",
        f"<div {' '.join(f'data-x{n}=1' for n in range(6_000))}>{BUTTON}</div>",
    ],
    ids=[
        "one long word",
        "the path again and again",
        "dots",
        "assignments",
        "actions",
        "objects",
        "handlers",
        "names",
        "buttons",
        "attributes",
    ],
)
def test_a_hostile_page_is_read_in_good_time(content: str) -> None:
    with cpu_limit():
        route(content)


@pytest.mark.parametrize(
    "inside",
    ["<!-- icon -->More Articles", f"<svg>{'<path/>' * 40}</svg>More Articles", "<i></i> <b>More</b> Articles"],
)
def test_an_icon_or_a_comment_hides_no_words(inside: str) -> None:
    more = read_more(root(f"<a href='/article/163/page/2/'>{inside}</a>"), BASE, 10)
    assert more.route is not None
    assert read_more(root(f"<span>{inside}</span>"), BASE, 10).label_found == inside.startswith("<!--")
