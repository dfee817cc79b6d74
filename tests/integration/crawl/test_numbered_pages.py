"""WordPress's pagination in its usual forms is followed to the end, in listings and in articles."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.altered_responses import NOT_FOUND, redirect
from tests.support.commands import T0, faults
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_whole
from tests.support.hostile_site import HostileSite, with_body
from tests.support.replaying import all_of_the_site, replay
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


class Parted(HostileSite):
    """A site that splits one article into pages of two paragraphs, as WordPress does at `<!--nextpage-->`."""

    def __init__(self, articles: int, suffix: str) -> None:
        super().__init__(articles)
        self._suffix = suffix
        self.article = max(self.truth()["articles"], key=lambda each: each["body"].count("\n\n"))
        self.requested: list[int] = []
        # The answer for part 2 in place of the page.
        self.second: Answer | None = None

    def url(self, number: int) -> str:
        return self.article["url"] + (self._suffix.format(number) if number > 1 else "")

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        numbers = {self.url(number): number for number in range(1, 10)}
        number = numbers.get(target.partition("?utm")[0])
        if number is None:
            return super().answer(method, target, headers)
        self.requested.append(number)
        if number == 2 and self.second is not None:
            return self.second
        answer = super().answer(method, self.article["url"], {})
        page = answer.body.decode()
        texts = re.findall(r"<p>[^<]*</p>\n", page[page.index("article-content") : page.index("<aside")])
        for at, text in enumerate(texts):
            if not 2 * (number - 1) <= at < 2 * number:
                page = page.replace(text, "")
        last = -(-len(texts) // 2)
        assert last > 2
        links = "".join(f'<a href="{self.url(each)}">{each}</a> ' for each in range(1, last + 1) if each != number)
        page = page.replace("<aside", f'<div class="page-links">Pages: <span>{number}</span> {links}</div><aside', 1)
        return with_body(answer, page.encode())


@pytest.mark.parametrize("suffix", ["{}/", "?page={}"])
def test_article_in_parts_is_read_to_its_last_part(
    suffix: str, crawl: Crawling, serve: Serving, tmp_path: Path
) -> None:
    site = Parted(12, suffix)
    server = serve(site=site)
    done = crawl(server.url + LISTING, tmp_path / "output", settings={"VOK_RECHECK_DAYS": ""})
    assert done.code == 0, done.stderr
    assert_whole(done, site)
    assert site.requested == [1, 2, 3, 4]
    # `archived_as` names the first part.
    (record,) = [each for each in done.articles() if each["id"] == site.article["id"]]
    again = replay(to=tmp_path / "to", output=done.output, settings={})
    assert (again.code, again.stderr) == (0, "")
    (same,) = [each for each in again.articles() if each["id"] == site.article["id"]]
    # A second may begin between the WARC-Date of the last part and the record of the crawl.
    times = {name: record[name] for name in ("first_seen_at", "fetched_at")}
    assert same | times == record
    assert faults(done.output) == []
    assert all_of_the_site(again) == all_of_the_site(done)


def test_part_that_fails_sends_the_article_to_the_retry_queue(crawl: Crawling, serve: Serving, tmp_path: Path) -> None:
    site = Parted(12, "{}/")
    server = serve(site=site)
    answers = {
        "http_404": NOT_FOUND,
        "redirected": redirect(server.url + site.url(1)),
        "offsite": redirect("http://127.0.0.2:1/newstream/"),
    }
    for name, answer in answers.items():
        site.second = answer
        output = tmp_path / name
        done = crawl(server.url + LISTING, output, at=T0, settings={"VOK_RECHECK_DAYS": ""})
        assert done.code == 10, done.stderr
        assert done.manifest["errors"][f"article_{name}"]["examples"] == [server.url + site.url(2)]
        (retry,) = done.manifest["pending_retries"]
        assert (retry["id"], retry["reason"]) == (site.article["id"], name)
        assert site.article["id"] not in {each["id"] for each in done.articles()}
        again = replay(to=tmp_path / f"to-{name}", output=output, settings={})
        assert site.article["id"] not in {each["id"] for each in again.articles()}
    site.second = None
    later = crawl(server.url + LISTING, output, at=T0 + timedelta(days=2), settings={"VOK_RECHECK_DAYS": ""})
    assert later.code == 0, later.stderr
    assert [each["id"] for each in later.articles()].count(site.article["id"]) == 1


@pytest.mark.parametrize("form", FORMS)
def test_the_next_page_is_found_in_the_usual_forms(form: str, crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(site=Paginated(17, FORMS[form]))
    done = crawl(server.url + LISTING, output)
    assert done.code == 0, done.stderr
    (listing,) = done.manifest["listings"]
    assert (listing["complete"], listing["strategy"]) == (True, "link")
    assert_whole(done, server.site)
