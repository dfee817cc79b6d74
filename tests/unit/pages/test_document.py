"""An answer's bytes become a document, or a named reason why not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vokcrawl.pages.document import REFUSALS, PageFault, read_document
from vokcrawl.pages.flow import flow

HTML = "text/html; charset=utf-8"


def words(body: bytes, content_type: str = HTML) -> tuple[str, bool]:
    document = read_document(body, content_type)
    return " ".join(block.text for block in flow(document.root)), document.wrong_charset


@pytest.mark.parametrize("body", [b"", b"  \r\n\t "])
def test_nothing_but_white_space_is_an_empty_page(body: bytes) -> None:
    with pytest.raises(PageFault, match="empty_page"):
        read_document(body, HTML)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<p>x</p>", "application/json"),
        (b"<p>x</p>", "image/png"),
        (b"0", HTML),
        (b"-1", HTML),
        (b'{"success": false}', HTML),
        (b"%PDF-1.4 \xff\xfe", HTML),
        (b"1 < 2", ""),
    ],
)
def test_what_is_not_html_is_told_by_name(body: bytes, content_type: str) -> None:
    with pytest.raises(PageFault, match="not_html"):
        read_document(body, content_type)


@pytest.mark.parametrize("content_type", [HTML, "TEXT/HTML", "", "text/plain", "application/xhtml+xml;charset=utf-8"])
def test_html_is_read_under_the_types_that_it_is_sent_with(content_type: str) -> None:
    assert words(b"<p>Orchard</p>", content_type) == ("Orchard", False)


def test_utf_8_is_read_as_utf_8_whatever_is_declared() -> None:
    body = "<p>다리—ten</p>".encode()
    assert words(body) == ("다리—ten", False)
    assert words(body, "text/html") == ("다리—ten", False)
    assert words(body, "text/html; charset=iso-8859-1") == ("다리—ten", True)
    assert words(b"<meta charset=euc-kr>" + body, "text/html") == ("다리—ten", True)
    assert words(b"\xef\xbb\xbf" + body) == ("다리—ten", False)
    assert words(b"<p>plain</p>", "text/html; charset=iso-8859-1") == ("plain", False)


def test_another_encoding_is_honoured_where_it_is_declared_and_fits() -> None:
    body = "<p>다리 건설</p>".encode("cp949")
    assert words(body, "text/html; charset=euc-kr") == ("다리 건설", False)
    assert words(b"<meta charset=euc-kr>" + body, "text/html") == ("다리 건설", False)
    assert words(b"<meta charset=euc-kr>" + body, HTML) == ("다리 건설", True)
    text, wrong = words(body, "text/html; charset=no-such")
    assert wrong
    assert "\ufffd" in text


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([HTML, "", "text/html; charset=utf-16", "text/html; charset=x", "x"]))
def test_any_bytes_give_a_tree_or_a_named_fault(body: bytes, content_type: str) -> None:
    for each in (body, b"<p>" + body, b"<!" + body, b"<html><!--" + body, b"<?xml version='1.0'?><a>" + body):
        name = ""
        try:
            flow(read_document(each, content_type).root)
        except PageFault as fault:
            name = fault.name
        assert name in ("", "empty_page", "not_html", *REFUSALS)


@pytest.mark.parametrize(
    "text", ["a\0b", "<p>a\0b</p>", "<!-- only a comment -->", "<!doctype html>", "<?php x ?><b>y</b>"]
)
def test_odd_pages_still_are_trees(text: str) -> None:
    assert flow(read_document(b"<i></i>" + text.encode(), HTML).root) is not None
    if "<" in text:
        assert isinstance(flow(read_document(text.encode(), HTML).root), list)


@pytest.mark.parametrize(
    "end", ["</html>", "</body></html>", "</BODY>\n</HTML >", "</body></html><!doctype html><html><body>"]
)
def test_what_stands_behind_a_page_s_end_is_part_of_it_as_it_is_in_a_browser(end: str) -> None:
    assert words(f"<html><body><p>One</p>{end}<div>Two</div> three</body></html>".encode()) == ("One Two three", False)


@pytest.mark.parametrize("body", [b'\xef\xbb\xbf{"html": "<p>x</p>"}', b'"<p>x</p>"', b' ["<p>x</p>"] '])
def test_json_that_holds_tags_is_no_page(body: bytes) -> None:
    with pytest.raises(PageFault, match="not_html"):
        read_document(body, "text/html")
