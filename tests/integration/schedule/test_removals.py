"""A removed article gets one tombstone once a check a day later confirms it, and nothing else gets one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.altered_responses import EMPTY, redirect, reply
from tests.support.commands import ALWAYS, QUIET, T0, Crawling, Serving, faults, scrapy
from tests.support.hostile_site import HostileServer, HostileSite, Wire
from vokcrawl.normalize import utc


def test_two_checks_a_day_apart_give_one_tombstone_and_a_reappeared_article_is_a_new_revision(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    # Both lie deep in the listing: an ordinary run does not come by there.
    server = serve(9, page_size=2)
    url = f"{server.url}/article/163/"
    truth = {each["id"]: each for each in server.site.truth()["articles"]}
    *_, lost, gone = truth
    first = crawl(url, output, settings=ALWAYS, at=T0)
    last = {each["id"]: each["content_hash"] for each in first.articles()}
    server.site.remove(lost, 404)
    server.site.remove(gone, 410)
    counts = []
    for hours in (1, 24, 26, 51):
        done = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=hours))
        assert done.code == 0, done.stderr
        counts.append(done.manifest["counts"])
    # The first look was at hour 1, so a day is over at hour 25.
    assert counts == [{}, {}, {"removals": 2}, {}]
    assert {each["id"]: each["status"] for each in done.removals()} == {lost: 404, gone: 410}
    for each in done.removals():
        assert each["url"] == truth[each["id"]]["url"]
        assert each["last_hash"] == last[each["id"]]
        assert each["first_missing_at"][:13] == utc(T0 + timedelta(hours=1))[:13]
        assert each["confirmed_at"][:13] == utc(T0 + timedelta(hours=26))[:13]
    assert faults(output) == []

    # Byte for byte as it was, so that the site would say "not modified" to one who asks with the old validators.
    server.site.restore(lost)
    server.site.restore(gone)
    done = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=80))
    assert done.manifest["counts"] == {"articles": 2}, done.stderr
    for identity in (lost, gone):
        old, new = [each for each in done.articles() if each["id"] == identity]
        assert (new["revision"], new["previous_hash"], new["changed"]) == (2, old["content_hash"], [])
    assert len(done.removals()) == 2
    assert faults(output) == []
    result = scrapy("status", "--changes", output=output).stdout
    assert f"removed (404)  {truth[lost]['url']}" in result
    assert f"removed (410)  {truth[gone]['url']}" in result
    assert f"revision 2 (back after its removal)  {truth[lost]['url']}" in result
    assert "has the same text as revision 1" in scrapy("diff", lost, output=output).stdout


def test_an_article_that_was_seen_between_two_checks_is_not_removed(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(3)
    url = f"{server.url}/article/163/"
    identity = server.site.truth()["articles"][1]["id"]
    crawl(url, output, settings=ALWAYS, at=T0)
    for hours, there in ((1, False), (12, True), (30, False), (50, False)):
        (server.site.restore if there else server.site.remove)(identity)
        done = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=hours))
        assert done.removals() == []
    done = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=55))
    assert [each["first_missing_at"][:13] for each in done.removals()] == [utc(T0 + timedelta(hours=30))[:13]]


def test_the_second_check_does_not_wait_for_the_next_age(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(3)
    url, settings = f"{server.url}/article/163/", {**QUIET, "VOK_RECHECK_DAYS": "1,30"}
    identity = server.site.truth()["articles"][1]["id"]
    crawl(url, output, settings=settings, at=T0)
    server.site.remove(identity)
    for hours in (25, 50):
        done = crawl(url, output, settings=settings, at=T0 + timedelta(hours=hours))
    assert [each["id"] for each in done.removals()] == [identity]


@pytest.mark.thorough
def test_nothing_but_404_and_410_is_a_removal(crawl: Crawling, output: Path) -> None:
    site = HostileSite(8)
    with HostileServer(site) as server:
        url = f"{server.url}/article/163/"
        ids = [each["id"] for each in site.truth()["articles"]]
        first = crawl(url, output, settings=ALWAYS, at=T0)
        assert first.code == 0, first.stderr
        site.fail(ids[0], 503, -1)
        site.change(ids[1], redirect("/"))
        site.change(ids[2], redirect("/free-member-form/"))
        site.change(ids[3], EMPTY)
        site.change(ids[4], reply("<html><head><title>KCNA Watch</title></head><body></body></html>"))
        site.change(ids[5], reply("Forbidden", status=403))
        server.disturb(ids[6], Wire.RESET)
        for hours in (1, 30, 60):
            done = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=hours))
            assert done.code in (10, 11), done.stderr
            assert done.manifest["counts"] == {}
            assert len(done.manifest["errors"]) >= 5
        assert done.removals() == []
        for identity in ids:
            site.fail(identity, 200, 0)
            site.change(identity, EMPTY, times=0)
            server.disturb(identity, Wire.RESET, times=0)
        done = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=61))
    assert (done.code, done.manifest["outcome"]) == (0, "nothing new"), done.stderr
    assert len(done.articles()) == 8
    assert faults(output) == []
