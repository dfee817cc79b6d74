"""A response's bytes become a document, or there is a named reason why not."""

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
def test_content_that_is_not_html_is_named(body: bytes, content_type: str) -> None:
    with pytest.raises(PageFault, match="not_html"):
        read_document(body, content_type)


WARNING = b"Warning: foreach() argument must be of type array in /var/www/more.php on line 12"


@pytest.mark.parametrize(
    ("body", "says_end"),
    [
        (b"No more posts.", True),
        (b"\xef\xbb\xbfSorry, no posts matched your criteria.\n", True),
        (b"You have reached the end.", True),
        (b"Nothing here", True),
        ("It seems we can’t find what you’re looking for. Perhaps searching can help.".encode(), True),
        (b"Apologies, but no results were found for the requested archive.", True),
        (b"Ready to publish your first post? Get started here.", True),
        (WARNING, False),
        (b"PHP " + WARNING + b"\n0", False),
        (b"&nbsp;", False),
    ],
)
def test_words_of_a_call_without_markup_are_read(body: bytes, says_end: bool) -> None:
    assert read_document(body, HTML).says_end == says_end


@pytest.mark.parametrize("body", [b"done", WARNING + b" and more", b"No more " + b"x" * 200, b"No more posts." * 400])
def test_other_words_without_markup_are_no_page(body: bytes) -> None:
    with pytest.raises(PageFault, match=r"^not_html$"):
        read_document(body, HTML)


@pytest.mark.parametrize(
    ("body", "name"),
    [(b"\xef\xbb\xbf", "empty_page"), (b"\xef\xbb\xbf 0", "not_html_0"), (b"null\n", "not_html_null")],
)
def test_a_bare_answer_of_a_call_is_named(body: bytes, name: str) -> None:
    with pytest.raises(PageFault, match=rf"^{name}$"):
        read_document(body, HTML)


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
    assert text == body.removeprefix(b"<p>").removesuffix(b"</p>").decode("cp1252")


@pytest.mark.parametrize("name", ["hex", "rot13", "base64", "zlib", "idna", "punycode", "unicode_escape", "undefined"])
def test_a_charset_that_is_no_encoding_of_texts_is_unknown(name: str) -> None:
    assert words("<p>Café</p>".encode(), f"text/html; charset={name}") == ("Café", False)
    assert words("<p>Café</p>".encode("cp1252"), f"text/html; charset={name}") == ("Café", True)
    assert words(f"<meta charset={name}><p>Café</p>".encode("cp1252"), "text/html") == ("Café", True)


def test_undeclared_encoding_that_is_no_utf_8_is_windows_1252() -> None:
    assert words("<p>Café “Moran”</p>".encode("cp1252"), "text/html") == ("Café “Moran”", False)
    # The bytes that it leaves open are control characters, which are no text.
    assert words(b"<p>Caf\xe9 \x81\x8d x</p>", "text/html") == ("Café x", False)


def test_utf_16_is_read_by_its_mark() -> None:
    for name in ("utf-16-le", "utf-16-be"):
        body = "\ufeff<p>다리 건설</p>".encode(name)
        assert words(body, "text/html")[0] == "다리 건설"


def test_base_href_is_what_links_are_resolved_against() -> None:
    markup = (
        "<base href='https://site.test/a/'><p><a href='x'>x</a><a href='#y'>y</a><img src='../p.jpg' data-src='/q'></p>"
    )
    root = read_document(markup.encode(), HTML, "http://other.test/").root
    assert [each.attributes.get("href") for each in root.css("a")] == ["https://site.test/a/x", "#y"]
    image = root.css_first("img")
    assert (image.attributes["src"], image.attributes["data-src"]) == ("https://site.test/p.jpg", "https://site.test/q")
    sets = read_document(
        b"<base href='/b/'><img srcset='x,y.jpg 1x, /z.jpg 2x,w.jpg 3x'>", HTML, "http://site.test/c/"
    ).root
    assert sets.css_first("img").attributes["srcset"] == (
        "http://site.test/b/x,y.jpg 1x, http://site.test/z.jpg 2x,http://site.test/b/w.jpg 3x"
    )
    relative = read_document(b"<base href='/b/'><a href='x'>x</a>", HTML, "http://site.test/c/").root
    assert relative.css_first("a").attributes["href"] == "http://site.test/b/x"
    for odd in ("javascript:x", "data:x", "", "http://[bad/"):
        root = read_document(f"<base href='{odd}'><a href='x'>x</a>".encode(), HTML).root
        assert root.css_first("a").attributes["href"] == "x"


@pytest.mark.parametrize(
    "markup",
    [
        "<p>To <a href='/cdn-cgi/l/email-protection' data-cfemail='{}'>[email&#160;protected]</a>.</p>",
        "<p>To <span class='__cf_email__' data-cfemail='{}'>[email&#160;protected]</span>.</p>",
        "<p>To <a href='/cdn-cgi/l/email-protection#{0}'><b class='__cf_email__' data-cfemail='{0}'>x</b></a>.</p>",
        "<p>To <a href='/cdn-cgi/l/email-protection#{}'>[email&nbsp;protected]</a>.</p>",
    ],
)
@pytest.mark.parametrize("key", [0x7D, 0, 255])
def test_an_address_that_cloudflare_hides_is_written_out(markup: str, key: int) -> None:
    code = bytes([key, *(key ^ each for each in b"join@site.test")]).hex()
    assert words(markup.format(code).encode()) == ("To join@site.test.", False)


@pytest.mark.parametrize("code", ["", "7d", "zz", "7d1", "00" * 2000, "00612020"])
def test_a_code_that_hides_no_address_is_kept(code: str) -> None:
    assert words(f"<p><a data-cfemail='{code}'>shown</a></p>".encode()) == ("shown", False)


GIVEN_UP = (
    "<p>There has been a critical error on this website.</p><p><a href='https://wordpress.org/x/'>Learn more about "
    "troubleshooting WordPress.</a></p></div></body></html>",
    "<h1>Error establishing a database connection</h1>",
    "<br />\n<b>Fatal error</b>:  Uncaught Error: Call to undefined a() in /var/www/a.php:3\nStack trace:\n#0 "
    "{main}\n  thrown in <b>/var/www/a.php</b> on line <b>3</b><br />",
    "<b>Fatal error</b>: Allowed memory size of 268435456 bytes exhausted in <b>/srv/b.php</b> on line <b>40</b><br />",
    "<p>There has been a critical error on your website. Please check your site admin email inbox for help.</p>",
)


@pytest.mark.parametrize("end", GIVEN_UP)
@pytest.mark.parametrize("before", ["", "<h1>News</h1><div class='article-content'><p>One paragraph"])
def test_a_page_that_ends_in_an_error_of_its_cms_is_not_an_article(end: str, before: str) -> None:
    with pytest.raises(PageFault, match="server_error"):
        read_document(f"{before}{end}\n<!-- cached -->".encode(), HTML)


@pytest.mark.parametrize("end", GIVEN_UP)
def test_words_of_such_an_error_in_the_midst_of_a_page_are_text(end: str) -> None:
    page = f"<div><p>One</p>{end}<p>They wrote so, and mended it.</p></div><footer>KCNA Watch</footer>"
    assert words(page.encode())[0].startswith("One")


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
