"""Requests go only to the hosts and ports of the start URLs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.support.altered_responses import more_to, redirect, replacing
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_same, assert_whole
from tests.support.hostile_site import HostileSite
from vokcrawl.normalize import authority
from vokcrawl.sample import SampleServer, SampleSite

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]


# What addresses are made of, and what others may be hidden by.
PIECES = ["http://", "https://", "HTTP://", "h.test", "A.test", "[::1]", ":80", ":443", ":8080", "/", "/"]
PIECES += ["?", "#", "@", "\n", "\t", " ", "\\", "a", ":"]


class Sites:
    """A site that is crawled, and two that must never be asked: another port, and another name of the first one."""

    def __init__(self, serve: Serving) -> None:
        self.site = HostileSite(12)
        self.server = serve(site=self.site)
        self.port = serve(site=SampleSite(12, faults=()))
        self.listing = f"{self.server.url}/article/163/"
        # It leads to the crawled site's server, which sees by which name it was asked.
        self.name = self.server.url.replace("127.0.0.1", "localhost")
        self.others = {"another port": self.port.url, "another host": self.name}

    def assert_asked_alone(self) -> None:
        assert self.port.requests == []
        assert {each.headers["Host"] for each in self.server.requests} == {self.server.url.removeprefix("http://")}


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
@example("https:\n//h.test/a")
@example(" https://h.test/a")
def test_what_stands_behind_an_address_s_host_does_not_say_whose_it_is(url: str) -> None:
    try:
        parts = urlsplit(url)
        standard = {"http": 80, "https": 443}.get(parts.scheme)
        port = "" if parts.port in (None, standard) else f":{parts.port}"
    except ValueError:
        assume(False)
    assert authority(url) == (parts.netloc if "@" in parts.netloc else f"{parts.hostname or ''}{port}")


@pytest.fixture
def sites(serve: Serving) -> Sites:
    return Sites(serve)


def examples(done: Crawl, reason: str) -> list[str]:
    return done.manifest["errors"][reason]["examples"]


def test_links_to_other_hosts_and_ports_are_counted_and_not_followed(
    sites: Sites, crawl: Crawling, output: Path
) -> None:
    links = [url + f"/newstream/1549700000-471{at}/choir-sings/" for at, url in enumerate(sites.others.values())]
    items = "".join(
        f'<article class="clearfix"><div class="article-desc"><h4><a href="{link}">Choir sings</a></h4><p>The choir</p>'
        '<p class="articled-date">February 09, 2019</p><p>The choir</p></div></article>'
        for link in links
    )
    sites.site.change("/article/163/", replacing("</article>\n", "</article>\n" + items))
    done = crawl(sites.listing, output)
    # Articles that the listing shows and nobody reads: the run is incomplete, and says which setting to change.
    assert done.code == 10, done.stderr
    assert "VOK_START_URLS" in done.stderr
    assert not done.manifest["listings"][0]["complete"]
    assert sorted(examples(done, "offsite_link")) == sorted(links)
    assert_whole(done, sites.site)
    sites.assert_asked_alone()


@pytest.mark.parametrize("other", ["another port", "another host"])
def test_a_more_articles_link_to_another_host_or_port_is_not_followed_and_the_listing_is_incomplete(
    other: str, sites: Sites, crawl: Crawling, output: Path
) -> None:
    away = sites.others[other] + "/article/163/page/2/"
    sites.site.change("/article/163/", more_to(away))
    done = crawl(sites.listing, output)
    assert done.code == 10, done.stderr
    assert examples(done, "offsite_more") == [away]
    listing = done.manifest["listings"][0]
    assert (listing["complete"], listing["pages"]) == (False, 1)
    assert_same(done.articles(), sites.site.truth()["articles"][:10])
    sites.assert_asked_alone()


def test_a_listing_link_of_an_article_page_to_another_host_is_not_followed(
    sites: Sites, crawl: Crawling, output: Path
) -> None:
    article = sites.site.truth()["articles"][3]
    sites.site.change(article["id"], more_to(sites.port.url + "/article/163/"))
    done = crawl(article["url"], output)
    assert done.code == 12, done.stderr
    assert "start_without_route" in done.errors
    assert article["id"] in {each["id"] for each in done.articles()}
    sites.assert_asked_alone()


@pytest.mark.parametrize("other", ["another port", "another host"])
def test_a_redirect_of_an_article_to_another_host_or_port_is_refused(
    other: str, sites: Sites, crawl: Crawling, output: Path
) -> None:
    truth = sites.site.truth()
    article = truth["articles"][7]
    sites.site.change(article["id"], redirect(article["url"].replace(sites.server.url, sites.others[other])))
    done = crawl(sites.listing, output)
    assert done.code == 10, done.stderr
    assert done.errors["article_offsite"] == 1
    assert article["id"] in examples(done, "article_offsite")[0]
    assert_same(done.articles(), [each for each in truth["articles"] if each is not article])
    assert_same(done.teasers(), truth["teasers"])
    sites.assert_asked_alone()


@pytest.mark.parametrize(("path", "code"), [("/article/163/page/2/", 10), ("/article/163/", 14), ("/robots.txt", None)])
def test_a_redirect_of_any_other_page_to_another_port_is_refused(
    path: str, code: int | None, sites: Sites, crawl: Crawling, output: Path
) -> None:
    sites.site.change(path, redirect(sites.port.url + path))
    done = crawl(sites.listing, output)
    assert code is None or done.code == code, done.stderr
    sites.assert_asked_alone()


def test_pictures_originals_and_links_in_the_text_are_not_asked_for(
    sites: Sites, crawl: Crawling, output: Path
) -> None:
    article = sites.site.truth()["articles"][3]
    away = f'<a href="{sites.port.url}/newstream/1549700000-4711/choir-sings/">The choir sings.</a>'
    sites.site.change(article["id"], replacing("</p>\n</div>", f"</p>\n<p>{away}</p>\n</div>"))
    done = crawl(sites.listing, output, args={"max_pages": 1})
    assert done.code == 0, done.stderr
    asked = {each.target.split("/")[1] for each in sites.server.requests}
    assert asked == {"robots.txt", "article", "newstream"}
    sites.assert_asked_alone()
