"""Articles of other themes, in other encodings, cut off by errors, or behind a password: what each page gives."""

# ruff: noqa: E501
from __future__ import annotations

from typing import Any

import pytest

from vokcrawl.crawling.article_result import article_page, find_article
from vokcrawl.normalize import article_id
from vokcrawl.pages.block_pages import BlockPage
from vokcrawl.pages.document import SERVER_ERROR, PageFault, read_document
from vokcrawl.pages.extractors import EXTRACTORS

URL = "http://site.test/newstream/1733799346-500000000/works-completed-in-sariwon/"
TITLE = "Works completed in Sariwon"
TEXTS = (
    "A new works was completed in Sariwon on Monday.",
    "Builders finished the last hall ahead of time.",
    "The works will serve the farms around the city.",
)
BODY = "\n\n".join(TEXTS)
PARAGRAPHS = "".join(f"<p>{text}</p>" for text in TEXTS)
HEADLINE = f"<h1>{TITLE}</h1>"
SOURCE = "<p>Source: Voice of Korea (EN)</p>"
ORIGINAL = "http://www.vok.rep.kp/index.php/detail_com/comde/ien241210001/18/en"
META = (
    f"<p>Date: 10/12/2024 | Source: Voice of Korea (EN) | <a href='{ORIGINAL}'>Read original version at source</a></p>"
)
LONG = "A new works was completed in Sariwon on Monday, and the farms around it use it now."
VISITOR = "I was there and saw all of the halls myself, said a visitor."


def page(main: str, head: str = "", header: str = "", footer: str = "<footer><p>KCNA Watch</p></footer>") -> str:
    title = "<title>Newstream | KCNA Watch</title>"
    return f"<!DOCTYPE html><html><head>{title}{head}</head><body>{header}<main>{main}</main>{footer}</body></html>"


def content(inner: str = PARAGRAPHS) -> str:
    return f'<div class="article-content">{inner}</div>'


def read(markup: str | bytes, content_type: str = "text/html; charset=utf-8", url: str = URL) -> dict[str, Any]:
    """The record of a page, and in `unfit` why it is not delivered."""
    body = markup.encode() if isinstance(markup, str) else markup
    root = read_document(body, content_type, url).root
    found = find_article(article_page(EXTRACTORS[-1], root, url, body), str(article_id(url)), url, body)
    images = [each["url"] for each in found.item["images"]]
    return {"title": None, "published_on": None, "source": None, **found.item, "images": images, "unfit": found.unfit}


CUT_OFF = {
    "critical error": "<p>There has been a critical error on this website. Please check your site admin email inbox for instructions. If you continue to have problems, please try the support forums.</p><p><a href='x'>Learn more about troubleshooting WordPress.</a></p>",
    "critical error, Spanish": "<p>Ha habido un error crítico en esta web.</p><p><a href='x'>Aprende más sobre el diagnóstico de WordPress.</a></p>",
    "critical error, German": "<p>Es gab einen kritischen Fehler auf deiner Website.</p>",
    "critical error, French": "<p>Il y a eu une erreur critique sur ce site.</p><p><a href='x'>En apprendre plus sur le débogage de WordPress.</a></p>",
    "critical error, Korean": "<p>이 사이트에 치명적인 오류가 발생했습니다.</p>",
    "critical error, Japanese": "<p>このサイトで重大なエラーが発生しました。</p>",
    "page of wp_die": "<!DOCTYPE html><html><head><title>x</title></head><body id='error-page'><div class='wp-die-message'>Erro.</div></body></html>",
    "page of wp_die with classes": '<html><body class="a" id="error-page"><p>Er ging iets mis.</p></body></html>',
    "database": "<h1>Error establishing a database connection</h1><p>This either means that the username and password information in your <code>wp-config.php</code> file is incorrect or that contact with the database server at <code>localhost</code> could not be established.</p><ul><li>Are you sure?</li></ul>",
    "Redis": "<h1>Error establishing a Redis connection</h1><p>WordPress is unable to establish a connection to Redis. This means that the connection information is incorrect.</p>",
    "maintenance": "<h1>Briefly unavailable for scheduled maintenance. Check back in a minute.</h1>",
    "technical difficulties": "<p>The site is experiencing technical difficulties. Please check your site admin email inbox for instructions.</p>",
    "fatal error with stack trace": "<br />\n<b>Fatal error</b>:  Uncaught Error: Call to undefined function x() in /var/www/html/single.php:33\nStack trace:\n#0 /var/www/html/a.php(106): include()\n#1 {main}\n  thrown in <b>/var/www/html/single.php</b> on line <b>33</b><br />",
    "memory": "<br /><b>Fatal error</b>:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes) in <b>/var/www/html/x.php</b> on line <b>33</b><br />",
    "time": "<br /><b>Fatal error</b>:  Maximum execution time of 30 seconds exceeded in <b>/var/www/x.php</b> on line <b>3</b><br />",
    "parse error": "<br /><b>Parse error</b>:  syntax error, unexpected '}' in <b>/var/www/x.php</b> on line <b>3</b><br />",
    "recoverable error": "<b>Recoverable fatal error</b>:  Object of class WP_Error could not be converted to string in <b>/var/www/x.php</b> on line <b>3</b>",
    "Drupal": "<p>The website encountered an unexpected error. Please try again later.</p>",
    "Laravel": "<h1>Whoops, looks like something went wrong.</h1>",
    "nginx": "<html><head><title>504 Gateway Time-out</title></head><body><center><h1>504 Gateway Time-out</h1></center><hr><center>nginx</center></body></html>",
    "Apache": "<html><head><title>500 Internal Server Error</title></head><body><h1>Internal Server Error</h1><p>The server encountered an internal error or misconfiguration and was unable to complete your request.</p></body></html>",
}


@pytest.mark.parametrize("name", CUT_OFF)
def test_article_that_ends_in_a_server_error_is_not_delivered(name: str) -> None:
    markup = page(f"{HEADLINE}{META}<div class='article-content'><p>{TEXTS[0]}</p>", footer="").partition("</main>")[0]
    with pytest.raises(PageFault, match=SERVER_ERROR):
        read(markup + CUT_OFF[name])


@pytest.mark.parametrize(
    "sentence",
    [
        "There has been a critical error on this website, said the report.",
        "503 Service Temporarily Unavailable was all that they saw.",
        "Error establishing a database connection was the title of his talk.",
    ],
)
def test_sentence_about_an_error_is_text(sentence: str) -> None:
    assert read(page(f"{HEADLINE}{META}{content(f'{PARAGRAPHS}<p>{sentence}</p>')}"))["body"] == f"{BODY}\n\n{sentence}"


HEADERS = {
    "twice": "<header><span>March 16, 2026</span><span>Mar 16, 2026</span></header>",
    "without a space": "<div>March 16, 2026Mar 16, 2026</div>",
    "with a weekday": "<header><time datetime='2026-03-16'>Monday, March 16, 2026</time></header>",
    "in Korean": "<header>2026년 3월 16일</header>",
    "with the label": "<header><p>Date: 16/03/2026</p></header>",
    "in a sidebar, with the label": "<aside><p>Date: 16/03/2026</p></aside>",
    "in a form": "<header><form><label>Date: <input></label></form></header>",
    "in metadata": "<meta property='article:published_time' content='2026-03-16'><script type='application/ld+json'>{\"datePublished\":\"2026-03-16\"}</script>",
}


@pytest.mark.parametrize("name", HEADERS)
def test_date_of_the_page_is_no_date_of_the_article(name: str) -> None:
    item = read(page(f"{HEADLINE}{SOURCE}{content()}", header=HEADERS[name]))
    assert (item["published_on"], item["source"], item["body"]) == (None, "Voice of Korea (EN)", BODY)


def test_date_of_a_sidebar_behind_the_text_is_no_date_of_the_article() -> None:
    item = read(page(f"{HEADLINE}{SOURCE}{content()}", footer="<aside><p>Date: 16/03/2026</p></aside>"))
    assert item["published_on"] is None


@pytest.mark.parametrize(
    "line",
    [
        "<h3>Share this</h3>",
        "<h3>Subscribe to our newsletter</h3>",
        "<h3>Get North Korea headlines delivered to your inbox daily</h3>",
        "<h3>Monday 16 March 2026</h3>",
        "<h3>16 Mar 2026, 10:15 KST</h3>",
        "<h3>Voice of Korea (EN)</h3>",
        "<h3>KCNA KCNA.kp (En)</h3>",
        "<h3>Menu</h3><h3>Browse</h3>",
        "<p><a href=/newstream/>« Back to Newstream</a></p>",
        "<nav><a href=/>Home</a> » <a href=/newstream/>Newstream</a></nav>",
    ],
)
def test_line_of_the_page_above_the_meta_line_is_no_headline(line: str) -> None:
    item = read(page(f"{line}{META}{content()}"))
    assert (item["title"], item["unfit"], item["body"]) == (None, "without_title", BODY)


def test_linked_headline_is_a_headline() -> None:
    assert read(page(f"<p><a href='{URL}'>Halls opened</a></p>{META}{content()}"))["title"] == "Halls opened"


STRUCTURES = {
    "a later heading of comments": (f"<div><p>{LONG}</p></div><section><h2>One thought on “Works completed”</h2><article><p>{VISITOR}</p></article></section>", LONG),
    "a form of replies": (f"<div><p>{LONG}</p><h3>Leave a Reply</h3><p>Your email address will not be published. Required fields are marked *</p></div>", LONG),
    "posted on": (f"<p>Posted on December 10, 2024 by admin</p>{PARAGRAPHS}", BODY),
    "posted in alone": ("<p>Posted in News</p>", ""),
    "published a date": (f"<p>Published Dec 10, 2024</p>{PARAGRAPHS}", BODY),
    "author": (f"<p>By John Smith</p>{PARAGRAPHS}", BODY),
    "sentence with by": (f"<p>By Monday the works was completed.</p>{PARAGRAPHS}", f"By Monday the works was completed.\n\n{BODY}"),
    "sentence with posted": (f"<p>Posted letters came from all over the country.</p>{PARAGRAPHS}", f"Posted letters came from all over the country.\n\n{BODY}"),
    "sentence with published": (f"<p>Published books were shown in the hall.</p>{PARAGRAPHS}", f"Published books were shown in the hall.\n\n{BODY}"),
    "sentence with written": (f"<p>Written in 1950, it is known to all.</p>{PARAGRAPHS}", f"Written in 1950, it is known to all.\n\n{BODY}"),
    "share links": (f"<div>{PARAGRAPHS}</div><ul><li><a href='https://www.facebook.com/sharer.php?u=x'>Facebook</a></li></ul>", BODY),
    "more from": (f"<div><p>More from the fields was brought in than last year.</p>{PARAGRAPHS}</div>", f"More from the fields was brought in than last year.\n\n{BODY}"),
    "table cells": (f"<table>{''.join(f'<tr><td>{text}</td></tr>' for text in TEXTS)}</table>", BODY),
    "line breaks": (f"<div>{'<br><br>'.join(TEXTS)}</div>", BODY),
}  # fmt: skip


@pytest.mark.parametrize("name", STRUCTURES)
def test_text_without_a_known_class_is_what_stands_below_the_meta_line(name: str) -> None:
    markup, expected = STRUCTURES[name]
    assert read(page(f"{HEADLINE}{META}{markup}"))["body"] == expected


def test_list_of_other_articles_within_the_content_does_not_end_the_text() -> None:
    others = (
        "<ul class='list'><li><a href='/newstream/1733700000-7/o/'>Other</a><time>December 9, 2024</time></li></ul>"
    )
    first, *rest = (f"<p>{text}</p>" for text in TEXTS)
    assert read(page(f"{HEADLINE}{META}{content(first + others + ''.join(rest))}"))["body"] == BODY


def test_element_named_like_a_plugin_that_contains_the_text_is_read() -> None:
    text = "".join(f"<p>{LONG} Part {number}.</p>" for number in range(5))
    item = read(page(f"{HEADLINE}{META}{content(f'<div class=post-share-wrapper>{text}</div>')}"))
    assert item["body"].count(LONG) == 5


def test_teasers_in_an_element_named_like_a_plugin_are_read() -> None:
    other = "<article><div class='article-desc'><h4><a href='/newstream/1733700000-7/o/'>Other fair</a></h4><p>e</p></div></article>"
    body = page(
        f"{HEADLINE}{META}{content()}<h3>More From Voice of Korea (EN)</h3><div class='related-posts'>{other}</div>"
    )
    seen = article_page(EXTRACTORS[-1], read_document(body.encode(), "text/html", URL).root, URL, body.encode())
    assert [each.title for each in seen.teasers()] == ["Other fair"]


PROTECTED = {
    "WordPress": "<form class='post-password-form' method='post'><p>This content is password protected.</p><input name='post_password' type='password'></form>",
    "in Korean": "<form class='post-password-form'><p>이 콘텐츠는 비밀번호로 보호되어 있습니다.</p><input name='post_password' type='password'></form>",
    "another form": "<div><form><span>This content is password protected. Please enter a password to unlock.</span><input type='password'></form></div>",
    "the sentence alone": "<p>This content is password protected.</p>",
    "in place of an excerpt": "<p>There is no excerpt because this is a protected post.</p>",
}


@pytest.mark.parametrize("name", PROTECTED)
def test_post_behind_a_password_is_blocked(name: str) -> None:
    for markup in (content(PROTECTED[name]), PROTECTED[name]):
        assert read(page(f"{HEADLINE}{META}{markup}"))["unfit"] == BlockPage.PASSWORD_FORM


def test_sentence_about_passwords_beside_a_login_form_is_text() -> None:
    login = "<header><form><input type=password name=pwd></form></header>"
    sentence = "This content is password protected, said the sign."
    item = read(page(f"{HEADLINE}{META}{content(f'<p>{sentence}</p>{PARAGRAPHS}')}", header=login))
    assert (item["unfit"], item["body"]) == (None, f"{sentence}\n\n{BODY}")


@pytest.mark.parametrize("tag", ["<base href='/media/'>", "<BASE HREF='/media/'>", "<Base\nHref=/media/>"])
def test_base_address_resolves_addresses_of_lazy_images(tag: str) -> None:
    images = "<img data-cfsrc='a.jpg'><img data-src='b.jpg' src='data:,'><img class=lazy src='data:,'><noscript><img src='c.jpg'></noscript>"
    item = read(page(f"{HEADLINE}{META}{content(PARAGRAPHS + images)}", head=tag))
    assert item["images"] == [f"http://site.test/media/{name}.jpg" for name in "abc"]


@pytest.mark.parametrize(
    ("address", "story"),
    [
        (ORIGINAL, "n241210001"),
        ("http://www.vok.rep.kp/index.php/revo_de/getDetail/iee230316062/en", "e230316062"),
        ("http://175.45.176.85/index.php/detail_com/comde/ien241210001/18/en", "n241210001"),
        ("http://www.vok.rep.kp/index.php/detail_com/vi_video/ien261005004", "n261005004"),
        ("http://www.vok.rep.kp/index.php/detail_com/comdes/18/en/3", None),
        ("http://example.org/ien241210001/", None),
    ],
)
def test_story_keeps_the_kind_of_the_original(address: str, story: str | None) -> None:
    assert read(page(f"{HEADLINE}{META.replace(ORIGINAL, address)}{content()}"))["story"] == story


FIRST = "Café “x” € 5."
UNKNOWN = (
    "", "hex", "rot13", "base64", "zlib_codec", "uu", "bz2", "quopri", "x-nonsense", "iso-8859-1", "us-ascii", "idna",
    "punycode", "unicode_escape", "utf-7", "utf-16", "oem",
)  # fmt: skip


@pytest.mark.parametrize("charset", UNKNOWN)
def test_page_without_a_known_encoding_is_windows_1252(charset: str) -> None:
    markup = page(f"{HEADLINE}{META}{content(f'<p>{FIRST}</p>{PARAGRAPHS}')}")
    content_type = f"text/html; charset={charset}" if charset else "text/html"
    assert read(markup.encode("cp1252"), content_type)["body"] == f"{FIRST}\n\n{BODY}"
    assert read(markup.encode(), content_type)["body"] == f"{FIRST}\n\n{BODY}"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("marked", [True, False])
def test_page_in_utf_16_is_read_with_and_without_a_mark(encoding: str, marked: bool) -> None:
    mark = "\ufeff" if marked else ""
    text = content(f"<p>조선</p>{PARAGRAPHS}")
    markup = f"{mark}{page(HEADLINE + META + text)}"
    assert read(markup.encode(encoding), "text/html")["body"] == f"조선\n\n{BODY}"


@pytest.mark.parametrize(
    "character",
    ["\x01", "\x7f", "\x90", "\u202a", "\u202e", "\u2066", "\u2069", "\u206a", "\ufdd0", "\ufff9", "\uffff"],
)
def test_control_characters_and_no_characters_are_removed(character: str) -> None:
    item = read(page(f"<h1>Works{character} completed in Sariwon</h1>{META}{content(f'<p>A{character}b.</p>')}"))
    assert (item["title"], item["body"]) == (TITLE, "Ab.")
