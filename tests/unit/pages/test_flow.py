"""A page as a flow of blocks: one block is one run of text for a reader."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.cpu_limit import cpu_limit
from tests.support.page_mutations import SKINS, mutated, rendered
from tests.support.page_variants import root
from vokcrawl.normalize import clean_text
from vokcrawl.pages.flow import flow
from vokcrawl.pages.tree import TEXT, ancestors

SILENT = (
    "head iframe noscript object script select style svg template textarea title audio video canvas rp "  # noqa: SIM905
    "datalist progress meter".split()
)


def texts(markup: str) -> list[str]:
    return [block.text for block in flow(root(markup)) if block.text]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>One</p><p>Two</p>", ["One", "Two"]),
        ("<div>One<p>Two</p>Three</div>", ["One", "Two", "Three"]),
        ("<p>O<b>n</b>e <i>and</i> two</p>", ["One and two"]),
        ("<p>One<br>two</p>", ["One two"]),
        ("<div>One<br><br>Two</div>", ["One", "Two"]),
        ("<div>One<br> \n &nbsp;<br>Two<br><br><br>Three</div>", ["One", "Two", "Three"]),
        ("<x-new>One</x-new><x-new>Two</x-new>", ["One", "Two"]),
        ("<table><tr><td>One</td><td>Two</td></tr></table>", ["One", "Two"]),
        ("<p>One<script>no</script> and<!-- no --> two<style>no</style></p>", ["One and two"]),
        ("<p>One</p><noscript><p>no</p></noscript><template>no</template><title>no</title>", ["One"]),
        ("<p>The <nobr>3rd plenary</nobr> <x-term>meeting</x-term> was held</p>", ["The 3rd plenary meeting was held"]),
        ("<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>字 <blink>x</blink></p>", ["漢kan字 x"]),
        ("<div>One <x-a>two</x-a> <x-b>three</x-b><x-c>four</x-c></div>", ["One two threefour"]),
        ("<div><x-a>one</x-a> two</div>", ["one two"]),
        (
            "<p>Well <img class='emoji' alt='\N{WHITE SMILING FACE}' src='x'> done</p>",
            ["Well \N{WHITE SMILING FACE} done"],
        ),
        ("<p>a</p><video>no <a href='/x'>film</a></video><audio>no</audio><canvas>no</canvas>", ["a"]),
        ("<p>a\r\n b\u200b\t c</p>", ["a b c"]),
        ("<p> </p><p>\u200b</p>", []),
    ],
)
def test_block_elements_and_double_breaks_part_blocks_and_nothing_else_does(markup: str, expected: list[str]) -> None:
    assert texts(markup) == expected


def test_a_block_knows_its_links_pictures_and_heading() -> None:
    one, two, three, four = flow(
        root(
            "<h3><a href='/a'>All</a></h3><p>Part <a href='/b'>linked</a></p>"
            "<a href='/c'><p>Inside</p><img src='x'></a>"
        )
    )
    assert (one.text, one.hrefs, one.heading, one.linked) == ("All", ["/a"], 3, True)
    assert (two.text, two.hrefs, two.heading, two.linked) == ("Part linked", ["/b"], 0, False)
    assert (three.text, three.hrefs, three.linked) == ("Inside", ["/c"], True)
    assert (four.text, four.hrefs, [each.attributes.get("src") for each in four.images]) == ("", ["/c"], ["x"])


def test_an_inline_element_by_itself_is_a_block_too() -> None:
    (block,) = flow(root("<p>One <a href='/a'>two</a> three</p>").css("a")[0])
    assert (block.text, block.hrefs) == ("two", ["/a"])


@pytest.mark.parametrize("inside", ["<!-- thumb -->", " <!-- a --> <?php b ?>\n"])
def test_an_anchor_with_nothing_to_be_seen_is_empty(inside: str) -> None:
    assert [block.hrefs for block in flow(root(f"<p><a href='/a'>{inside}</a></p>"))] == [["/a"]]


def test_a_heading_without_its_end_ends_before_what_stands_in_none() -> None:
    blocks = flow(root("<div><h2>One<p>Two</p><h3>Three</h3><ul><li>Four</ul></div>"))
    assert [(block.text, block.heading) for block in blocks] == [("One", 2), ("Two", 0), ("Three", 3), ("Four", 0)]


def test_an_empty_anchor_still_is_a_link() -> None:
    assert [block.hrefs for block in flow(root("<p><a href='/a'></a></p><a name='x'></a>"))] == [["/a"]]


def test_a_block_knows_its_own_element_and_what_is_around_it() -> None:
    (block,) = flow(root("<nav><div><p>x</p></div></nav>"))
    assert "nav" in block.within
    assert "p" in block.within
    assert "form" not in block.within


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_visible_word_is_lost_or_doubled_however_damaged_the_page(data: st.DataObject) -> None:
    tree = root(mutated(rendered("/article/163/", data.draw(st.sampled_from(SKINS))), data))
    visible = [
        node.text_content or ""
        for node in tree.traverse(include_text=True)
        if node.tag == TEXT and not any(each.tag in SILENT for each in ancestors(node))
    ]
    assert clean_text(" ".join(block.text for block in flow(tree))).replace(" ", "") == "".join(
        clean_text("".join(visible)).split()
    )


@pytest.mark.parametrize(
    "markup",
    ["<div>" * 100_000 + "x", "x<br>" * 29_000, "x<br><br>" * 14_500, "<a href='/x'>" * 29_000, "<span>" * 50_000],
    ids=["elements", "breaks", "double breaks", "links", "spans"],
)
def test_deep_and_long_pages_are_read_in_good_time(markup: str) -> None:
    with cpu_limit():
        flow(root(markup))
