"""The parsed tree: as browsers build it, with bounded cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.cpu_limit import cpu_limit
from vokcrawl.pages import tree
from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.flow import flow
from vokcrawl.pages.listing import read_teasers
from vokcrawl.pages.more import read_more
from vokcrawl.pages.tree import TooManyElementsError, ancestors, descendants, is_same, parse, text_of, with_class

BASE = "http://site.test/article/163/"
SIZE = 1_500_000


def texts(markup: str) -> list[str]:
    return [block.text for block in flow(parse(markup))]


def repeated(part: Callable[[int], str], size: int) -> str:
    """So many parts as fill `size` characters."""
    parts: list[str] = []
    length = 0
    while length < size:
        parts.append(part(len(parts)))
        length += len(parts[-1])
    return "".join(parts)


# To a parser that does all that the standard asks, each of these is far more work than its length says.
BOMBS: dict[str, Callable[[int], str]] = {
    "nested": lambda size: repeated(lambda _: "<div>", size),
    "unclosed": lambda size: repeated(lambda n: f"<b {n}><div>", size // 2) + "</b>" * (size // 8),
    "opened again in each paragraph": lambda size: (
        repeated(lambda n: f"<font size={n}>", size // 2) + "<p>" * (size // 6)
    ),
    "closed crosswise": lambda size: "".join(
        repeated(part, size // 3) for part in (lambda n: f"<b {n}>", lambda n: f"<i {n}>", lambda _: "x</b>")
    ),
    "attributes of one tag": lambda size: f"<p {repeated(lambda n: f'{n:x} ', size)}>x",
    "attributes in quotes": lambda size: "<p " + repeated(lambda n: f'{n:x}=">"', size) + ">x",
    "attributes of many tags": lambda size: repeated(lambda _: f"<p {' '.join(f'{n:x}' for n in range(2000))}>", size),
    "names of attributes": lambda size: repeated(lambda n: f"<p>x<b {n}>", size),
    "choices": lambda size: f"<select>{repeated(lambda n: f'<option value={n}>x', size)}",
    "text in a table": lambda size: f"<table>{repeated(lambda n: f'<b {n}>x', size)}",
}


@pytest.mark.parametrize("size", [40_000, SIZE])
@pytest.mark.parametrize("bomb", BOMBS)
def test_every_page_is_read_or_refused_in_bounded_time(bomb: str, size: int) -> None:
    markup = BOMBS[bomb](size)
    with cpu_limit():
        try:
            root = parse(markup)
        except TooManyElementsError:
            return
        page = ArticlePage(root, f"{BASE}newstream/1733850000-4040/bridge/")
        page.is_article()
        page.read()
        page.teasers()
        read_teasers(root)
        read_more(root, BASE, 10)


@pytest.mark.parametrize(
    "filling", ["<i>x</i>" * 6000, "<!-- " + "x" * 300_000 + "-->", "<p " + "a=b " * 2000 + ">" + "x" * 300_000]
)
def test_a_huge_page_is_read_as_a_small_one_is(filling: str) -> None:
    content = (
        "<h2 class=big>One &amp; two</h2><p>Th<b>re</b>e &lt;four&gt; <a href='/a?b=1&amp;c=\"d\"'>five</a></p>"
        "<script>if (a < b && c) { d(); }</script><ul><li>six<li>seven</ul>"
    )
    small, huge = parse(content), parse(f"{content}<div>{filling}</div>{content}")
    blocks, among = flow(small), flow(huge)
    for part in (among[: len(blocks)], among[-len(blocks) :]):
        assert [(each.text, each.heading, list(each.hrefs)) for each in part] == [
            (each.text, each.heading, list(each.hrefs)) for each in blocks
        ]
    assert [text_of(each) for each in huge.css("script")] == ["if (a < b && c) { d(); }"] * 2


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="<>ab =/\"'!-\n", max_size=200))
def test_no_tag_is_touched_that_has_few_attributes(text: str) -> None:
    assert tree._TAGS.sub(r"\1\2\4\5", text) == text


@pytest.mark.parametrize(
    "part",
    [
        "<script>if (i<n) { %s }</script>",
        "<script type='x'>{'a': '<b %s'}</script>",
        "<style>/* i<n %s */</style>",
        "<!-- i<n %s -->",
        "<textarea>i<n %s</textarea>",
        "<i %s>x</i>",
    ],
)
def test_nothing_behind_many_words_is_lost_from_a_huge_page(part: str) -> None:
    words = part % " ".join(f"w{n}" for n in range(2000))
    huge = f"<!--{'x' * 300_000}-->{words}<p><a href='/x' data-from=1>after</a></p>"
    (block,) = [each for each in flow(parse(huge)) if each.text == "after"]
    assert list(block.hrefs) == ["/x"]


def test_what_is_read_of_a_huge_page_does_not_depend_on_how_many_names_its_attributes_have() -> None:
    many = "".join(f"<i w{n}></i>" for n in range(6000))
    (link,) = parse(f"{many}<a href=/x class=y data-from=1>z</a>").css("a")
    assert link.attributes == {"href": "/x", "class": "y", "data-from": "1"}


def test_a_link_without_its_end_ends_with_its_block() -> None:
    first, second, third = flow(parse("<p><a href='/a'>One</p><p>Two <a href='/b'>three</a></p><p>Four</p>"))
    assert [list(each.hrefs) for each in (first, second, third)] == [["/a"], ["/b"], []]


@pytest.mark.parametrize("before", ["", " \n<!-- more --><!---->", "<!-- x -->"])
def test_rows_without_their_table_are_rows(before: str) -> None:
    assert texts(f"{before}<tr><td>One</td><td>Two</td></tr><tr><td>Three</td></tr>") == ["One", "Two", "Three"]


def test_a_page_is_read_as_browsers_read_it() -> None:
    assert texts("<a href='/a'><h3>One</h3><p>Two</p></a>") == ["One", "Two"]
    assert texts("<p>One<div>Two</div>three") == ["One", "Two", "three"]
    assert texts("<table>One<tr><td>Two</table>") == ["One", "Two"]
    assert texts("<p>a\0b &amp;lt; &nbsp; c") == ["ab &lt; c"]


@pytest.mark.parametrize("markup", ["", "\0", "<!-- x -->", "<?php x ?>", "\ud800", "</p>", "<"])
def test_there_is_a_tree_of_anything(markup: str) -> None:
    assert parse(markup).tag == "html"


def test_views_of_one_element_are_equal_and_other_elements_with_the_same_markup_are_not() -> None:
    root = parse("<p class=x>One</p><p class=x>One</p>")
    one, other = with_class(root, "x")
    again = root.css("p")[0]
    assert one is not again
    assert is_same(one, again)
    assert not is_same(one, other)
    assert not is_same(one, None)
    assert {one, other} == {again, other}
    assert len({one, other, again}) == 2


def test_a_class_name_is_one_of_several_and_whole() -> None:
    root = parse("<p class='a\n bc'>1<p class='bcd'>2<p class='bc-d bc'>3")
    assert [text_of(each) for each in with_class(root, "bc")] == ["1", "3"]


def test_what_is_around_an_element_and_below_it() -> None:
    (link,) = parse("<div><p>x <a>y</a></p></div>").css("a")
    assert [each.tag for each in ancestors(link)] == ["p", "div", "body", "html"]
    assert [each.tag for each in descendants(next(ancestors(link)))] == ["p", "a"]
