"""A delivered article whose page later names another source."""

from __future__ import annotations

from tests.support.crawling import run_crawl
from tests.support.faulty_server import Exchange, FaultyServer
from tests.support.monitored_crawls import Place, ids
from vokcrawl.sample import SampleSite

# Every run asks for all delivered articles.
SETTINGS = {"VOK_RESCAN_HOURS": 1_000_000, "VOK_RECHECK_DAYS": "0"}


async def of_another_source(exchange: Exchange) -> None:
    """The page, ascribed to another source."""
    page = exchange.server.site.answer("GET", exchange.seen.target, {}).body
    ascribed = page.replace(b"Voice of Korea (EN)", b"KCNA (En)")
    await exchange.send(200, [("Content-Type", "text/html; charset=utf-8")], ascribed)


def test_an_article_that_changes_its_source_stays_known_and_is_named(place: Place) -> None:
    with FaultyServer(SampleSite(8, faults=())) as server:
        url, identity = f"{server.url}/article/163/", ids(server)[2]
        assert run_crawl(url, place.output, settings=SETTINGS).code == 0
        server.inflict(identity, of_another_source, 1)
        ascribed = run_crawl(url, place.output, settings=SETTINGS)
        assert ascribed.errors == {"article_now_of_another_source": 1}
        back = run_crawl(url, place.output, settings=SETTINGS)
    # Were it forgotten, it would be new once its page says again whose it is.
    assert (back.code, back.manifest["counts"]) == (0, {}), back.stderr
    assert [each["revision"] for each in back.articles() if each["id"] == identity] == [1]
