"""The ends of listings, in the ways in which WordPress and its themes end them: complete, exit 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.altered_responses import all_of, another_more, redirect, replacing, reply
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_whole
from tests.support.hostile_site import HostileSite
from vokcrawl.sample import Answer, SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

LISTING, AJAX = "/article/163/", "/wp-admin/admin-ajax.php"

WORDS = {
    "no posts matched": "<p>Sorry, no posts matched your criteria.</p>",
    "nothing found": '<section class="no-results not-found"><h1 class="page-title">Nothing Found</h1></section>',
    "nothing found, long": "<h1>Nothing Found</h1><p>It seems we can&rsquo;t find what you&rsquo;re looking for."
    " Perhaps searching can help.</p>"
    '<form role="search" action="/"><label>Search for:</label><input name="s"><button>Search</button></form>',
    "reached the end": '<div class="end">You have reached the end.</div>',
    "no more": "<p>No more posts to load.</p>",
    "end of content": '<p class="infinite-scroll-last">End of content</p>',
    "no results": "<p>No results found.</p>",
    "zero": "0",
    "nothing": "",
    "comment": "<!-- no posts -->",
    "PHP warning": "<br />\n<b>Warning</b>:  Undefined variable $posts in <b>/var/www/wp-content/themes/kcna/more.php"
    "</b> on line <b>12</b><br />\n",
    "PHP warning and comment": "<br />\n<b>Notice</b>:  Trying to get property 'ID' of non-object in"
    " <b>/var/www/wp-content/themes/kcna/more.php</b> on line <b>40</b><br />\n<!-- end -->",
    "words without markup": "No more posts.",
    "PHP warning without markup": "\nWarning: foreach() argument must be of type array|object, null given in"
    " /var/www/wp-content/themes/kcna/more.php on line 12\n",
    "byte order mark": "\ufeff",
    "null": "null",
    "nothing here": "<h1>Nothing here</h1><p>It seems we can&rsquo;t find what you&rsquo;re looking for.</p>",
}


def assert_is_end(done: Crawl, site: HostileSite) -> None:
    assert done.code == 0, done.stderr
    (listing,) = done.manifest["listings"]
    assert (listing["complete"], listing["stop_reason"]) == (True, "end of the listing")
    assert not any(name.startswith(("listing_", "more_", "start_")) for name in done.errors), done.errors
    assert_whole(done, site)


class SiteWithWordsAtTheEnd(HostileSite):
    """A site that says something behind its last batch."""

    def __init__(self, articles: int, words: str, **options: Any) -> None:
        super().__init__(articles, more="ajax", **options)
        self.words = reply(words)

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        answer = super().answer(method, target, headers)
        return self.words if target.startswith(AJAX) and b"<article" not in answer.body else answer


@pytest.mark.parametrize(("words", "articles"), [*((each, 25) for each in WORDS), ("zero", 30), ("nothing", 30)])
def test_what_stands_behind_the_last_batch_is_an_end(
    words: str, articles: int, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = SiteWithWordsAtTheEnd(articles, WORDS[words])
    server = serve(site=site)
    assert_is_end(crawl(server.url + LISTING, output, settings={"RETRY_TIMES": 1}), site)


def test_no_content_behind_the_last_batch_is_an_end(crawl: Crawling, serve: Serving, output: Path) -> None:
    site = SiteWithWordsAtTheEnd(25, "")
    site.words = reply("", status=204)
    server = serve(site=site)
    assert_is_end(crawl(server.url + LISTING, output, settings={"RETRY_TIMES": 0}), site)


# What a site's empty page may say. An empty one says nothing: it may have lost its teasers.
IN_WORDS = [
    each
    for each in WORDS
    if each not in ("zero", "nothing", "comment", "byte order mark", "null") and "PHP" not in each
]


@pytest.mark.parametrize("words", IN_WORDS)
def test_a_page_behind_the_last_one_that_says_so_is_an_end(
    words: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(20)
    server = serve(site=site)
    page = site.answer("GET", "/nothing-here/", {})
    site.change(LISTING + "page/3/", another_more(LISTING + "page/4/"))
    words = page.body.decode().replace("There is nothing to read here.", WORDS[words])
    site.change(LISTING + "page/4/", reply(words))
    assert_is_end(crawl(server.url + LISTING, output, settings={"RETRY_TIMES": 1}), site)


BEHIND = {
    "not found": None,
    "words": reply("<html><body><p>Sorry, no posts matched your criteria.</p></body></html>"),
    "words with 404": reply("<html><body><h1>Nothing Found</h1></body></html>", status=404),
    "redirect to the front page": redirect("/"),
}


@pytest.mark.parametrize("behind", [*BEHIND, "the same page"])
def test_exactly_one_full_page_without_a_button_is_an_end(
    behind: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(10)
    server = serve(site=site)
    answer = BEHIND.get(behind) or (site.answer("GET", LISTING, {}) if behind == "the same page" else None)
    if answer is not None:
        site.change(LISTING + "page/2/", answer)
    assert_is_end(crawl(server.url + LISTING, output), site)


@pytest.mark.parametrize("behind", BEHIND)
def test_several_full_pages_without_a_button_on_the_last_are_an_end(
    behind: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(29)  # with the one that is repeated three full pages
    server = serve(site=site)
    if (answer := BEHIND[behind]) is not None:
        site.change(LISTING + "page/4/", answer)
    assert_is_end(crawl(server.url + LISTING, output), site)


NOT_HERE = reply("<html><body><h1>Page not found</h1></body></html>", status=404)


@pytest.mark.parametrize("behind", [NOT_HERE, redirect("/")], ids=["404", "redirect to the front page"])
def test_link_of_a_short_last_page_to_a_missing_one_is_an_end(
    behind: Answer, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(25)
    server = serve(site=site)
    site.change(LISTING + "page/3/", another_more(LISTING + "page/4/"))
    site.change(LISTING + "page/4/", behind)
    assert_is_end(crawl(server.url + LISTING, output), site)
    asked = [each.target.removeprefix(LISTING) for each in server.requests if each.target.startswith(LISTING)]
    assert asked[:6] == ["", "page/2/", "page/3/", "page/4/", "page/3/", "page/4/"]


@pytest.mark.parametrize(("articles", "missing"), [(29, 4), (45, 3), (8, 2)])
def test_link_to_a_missing_page_without_evidence_of_the_end_is_incomplete(
    articles: int, missing: int, crawl: Crawling, serve: Serving, output: Path
) -> None:
    # Behind a full page, and behind the only one.
    site = HostileSite(articles)
    server = serve(site=site)
    before = f"page/{missing - 1}/" if missing > 2 else ""
    site.change(LISTING + before, another_more(LISTING + f"page/{missing}/"))
    site.change(LISTING + f"page/{missing}/", NOT_HERE)
    done = crawl(server.url + LISTING, output)
    assert done.code == 10, done.stderr
    assert not done.manifest["listings"][0]["complete"]
    assert done.errors["listing_http_404"] == 1


@pytest.mark.parametrize("href", ["/newstream/#", "/article/163/#", "#", "#more"])
def test_load_more_with_an_empty_fragment_is_a_button_and_no_link(
    href: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(25, more="ajax", skin="classic")
    server = serve(site=site)
    button = replacing('href="#" data-url="/wp-admin/admin-ajax.php" data', f'href="{href}" data')
    site.change(LISTING, all_of(button, replacing(">More Articles</a>", ">Load More</a>")))
    assert_is_end(crawl(server.url + LISTING, output), site)
