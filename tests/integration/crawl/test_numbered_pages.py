"""WordPress's pagination in its usual forms is followed to the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.altered_responses import replacing
from tests.support.crawling import Crawl
from tests.support.expected import assert_whole
from tests.support.hostile import HostileSite, with_body
from vokcrawl.sample import Answer, SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

LISTING = "/article/163/"
MORE = re.compile(r'<p class="more-link">.*?</p>', re.DOTALL)
NUMBERS = '<a class="page-numbers" href="{first}">1</a> <span class="page-numbers current">{number}</span> '
# Each with the page's own address, the next one's, and their numbers.
FORMS = {
    "the_posts_pagination": '<nav class="navigation pagination"><div class="nav-links">'
    + NUMBERS
    + "<a class='page-numbers'"
    " href='{next}'>{after}</a> <a class='next page-numbers' href='{next}'>&raquo;</a></div></nav>",
    "query block": '<nav class="wp-block-query-pagination"><a href="{first}" class="x-previous">Back</a>'
    '<a href="{next}" class="wp-block-query-pagination-next">Weiter</a></nav>',
    "posts navigation": '<div class="nav-links"><div class="nav-previous"><a href="{next}">Frühere</a></div>'
    '<div class="nav-next"><a href="{first}">Neuere</a></div></div>',
    "next": '<div class="pages"><a href="{first}">Previous</a> <a href="{next}">Next</a></div>',
    "next page": '<div class="pages"><a href="{next}">Next Page &rarr;</a></div>',
    "older entries": '<div><a href="{next}">« Older Entries</a> <a href="{first}">Newer Entries »</a></div>',
    "older posts": '<div><a href="{next}"><span class="meta-nav">&larr;</span> Older posts</a></div>',
    "numbers alone": '<div class="pager"><a href="{first}">1</a> <b>{number}</b> <a href="{next}">{after}</a> …'
    ' <a href="/article/163/page/9/">9</a></div>',
    "a field of the query": '<div class="pager"><a href="/article/163/?paged={after}">Next</a></div>',
}


class Paginated(HostileSite):
    """A site that links the next page of a listing in one of these forms."""

    def __init__(self, articles: int, form: str) -> None:
        super().__init__(articles, page_size=5)
        self._form = form

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        target = re.sub(r"/\?paged=(\d+)$", r"/page/\1/", target)
        answer = super().answer(method, target, {})
        found = re.fullmatch(LISTING + r"(?:page/(\d+)/)?", target)
        if found is None or answer.status != 200:
            return answer
        number = int(found[1] or 1)
        form = self._form.format(
            first=LISTING, number=number, after=number + 1, next=f"{self.base_url}{LISTING}page/{number + 1}/"
        )
        return with_body(answer, MORE.sub(form, answer.body.decode()).encode())


@pytest.mark.parametrize("second", ["2/", "?page=2"])
def test_an_article_in_parts_is_named_and_is_not_taken_for_whole(
    second: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(6)
    server = serve(site=site)
    parted = site.truth()["articles"][2]
    links = f'<div class="page-links">Pages: <span>1</span> <a href="{parted["url"]}{second}">2</a></div></body>'
    site.change(parted["id"], replacing("</body>", links))
    done = crawl(server.url + LISTING, output, settings={"VOK_RECHECK_DAYS": ""})
    assert done.code == 10, done.stderr
    assert done.errors["article_in_parts"] == 1
    assert done.manifest["errors"]["article_in_parts"]["examples"] == [parted["url"]]
    assert_whole(done, site)


@pytest.mark.parametrize("form", FORMS)
def test_the_next_page_is_found_in_the_usual_forms(form: str, crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(site=Paginated(17, FORMS[form]))
    done = crawl(server.url + LISTING, output)
    assert done.code == 0, done.stderr
    (listing,) = done.manifest["listings"]
    assert (listing["complete"], listing["strategy"]) == (True, "link")
    assert_whole(done, server.site)
