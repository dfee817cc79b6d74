"""Several workers deliver together what one worker would, each record once; an idle run is as cheap."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.support.commands import ALWAYS, QUIET, Serving, articles_asked, asked, times_asked
from tests.support.worker_group import SLOW, WorkerGroup

Grouped = Callable[..., WorkerGroup]


@pytest.mark.parametrize(
    ("more", "skin", "start"),
    [
        pytest.param("link", "classic", "/article/163/", marks=pytest.mark.thorough),
        pytest.param("ajax", "classic", "/newstream/", marks=pytest.mark.thorough),
        ("ajax", "plain", "/article/163/"),
    ],
)
def test_three_workers_deliver_the_records_of_a_site_each_once(
    serve: Serving, grouped: Grouped, more: str, skin: str, start: str
) -> None:
    server = serve(120, more=more, skin=skin)
    group = grouped(server, start=start)
    # In turns, for else the first one might have all: so small a site is read in a second.
    assert group.crawl(settings=SLOW) == [0, 0, 0]
    group.assert_whole(server)
    shares = [len(each.articles()) for each in group.crawls()]
    assert all(shares), f"each has a part in it: {shares}"
    ids = {each["id"] for each in server.site.truth()["articles"]}
    assert max(times_asked(server, identity) for identity in ids) <= 2
    crawled = [manifest for manifest in group.manifests() if manifest["listings"]]
    assert len(crawled) == 1, "one worker crawls the listing"
    assert any(listing["complete"] for listing in crawled[0]["listings"])
    followed = [manifest for manifest in group.manifests() if manifest["leader_run_id"] is not None]
    assert len(followed) == 2
    assert crawled[0] not in followed
    logs = [group.log(worker) for worker in range(3)]
    assert [line for log in logs for line in log.splitlines() if re.search("Deprecat|ERROR", line)] == []


def test_names_of_another_source_are_warned_of_when_its_crawl_is_over(serve: Serving, grouped: Grouped) -> None:
    server = serve(20)
    group = grouped(server, start="/newstream/")
    assert group.start(0, settings=QUIET).wait(60) == 0
    assert "VOK_REDIS_PREFIX" not in group.log(0)
    assert group.start(1, settings={**QUIET, "VOK_SOURCE": "Pyongyang Times"}).wait(60) == 0
    warned = "has records of Voice of Korea (EN), and VOK_SOURCE is Pyongyang Times now"
    (line,) = (line for line in group.log(1).splitlines() if warned in line)
    assert line.endswith("give each source its own VOK_OUTPUT_DIR and VOK_REDIS_PREFIX")


@pytest.mark.thorough
def test_what_all_of_them_have_left_is_one_archive_for_verify(serve: Serving, grouped: Grouped) -> None:
    group = grouped(serve(30))
    assert group.crawl(2, settings=QUIET) == [0, 0]
    alone = group.scrapy("verify")
    assert (alone.returncode, alone.stderr) == (0, "")
    assert "w1" in alone.stdout
    both = group.scrapy("verify", "--with", str(group.output(1)))
    assert (both.returncode, both.stderr) == (0, "")
    assert re.fullmatch(r"2 manifests, \d files, 60 records, \d+ archived: no faults\n", both.stdout)
    status = group.scrapy("status", worker=1)
    assert status.returncode == 0
    assert "30 articles" in status.stdout


@pytest.mark.thorough
def test_a_later_crawl_of_all_finds_nothing_new_and_asks_for_one_page(serve: Serving, grouped: Grouped) -> None:
    server = serve(60)
    group = grouped(server)
    assert group.crawl(settings=QUIET) == [0, 0, 0]
    server.reset()
    assert group.crawl(settings=QUIET) == [0, 0, 0]
    assert len(asked(server)) == 1
    assert [manifest["outcome"] for manifest in group.manifests()].count("nothing new") >= 3
    group.assert_whole(server)


@pytest.mark.thorough
def test_what_has_come_in_since_is_delivered_and_the_rest_not_asked_for(serve: Serving, grouped: Grouped) -> None:
    server = serve(60)
    group = grouped(server)
    assert group.crawl(settings=QUIET) == [0, 0, 0]
    new = server.site.publish(7)
    server.reset()
    assert group.crawl(settings=QUIET) == [0, 0, 0]
    assert {each.target.split("/")[2] for each in articles_asked(server)} == set(new)
    group.assert_whole(server)


def test_revisions_are_delivered_once_by_whoever_reads_them(serve: Serving, grouped: Grouped) -> None:
    server = serve(40)
    group = grouped(server)
    assert group.crawl(settings=ALWAYS) == [0, 0, 0]
    ids = [each["id"] for each in server.site.truth()["articles"]]
    for identity in ids[:15]:
        server.site.edit(identity)
    assert group.crawl(settings=ALWAYS) == [0, 0, 0]
    versions = group.records("articles")
    assert sorted(each["id"] for each in versions if each["revision"] == 2) == sorted(ids[:15])
    assert len(versions) == 55
    assert group.faults() == []


@pytest.mark.thorough
def test_a_failed_article_is_retried_by_any_worker_of_the_next_run(serve: Serving, grouped: Grouped) -> None:
    server = serve(30)
    group = grouped(server)
    identity = server.site.truth()["articles"][3]["id"]
    server.site.fail(identity, 500, times=1000)
    settings = {**QUIET, "RETRY_TIMES": 1}
    codes = group.crawl(settings=settings)
    assert sorted(codes) == [0, 0, 10], "the worker that had it in hand says so"
    assert list(group.known("retries")) == [identity]
    assert len(group.records("articles")) == 29
    server.site.fail(identity, 500, times=0)
    assert group.crawl(1, settings=settings) == [0]
    group.assert_whole(server)
    assert not group.known("retries")


def test_a_worker_raises_no_alarm_for_listings_that_another_worker_crawled(serve: Serving, grouped: Grouped) -> None:
    group = grouped(serve(5))
    settings = {**QUIET, "VOK_ALERT_UNFINISHED_RUNS": 1, "VOK_ALERT_AGE_HOURS": 0}
    for _ in range(2):
        assert group.crawl(2, settings=settings) == [0, 0]
    assert [log for log in (group.log(0), group.log(1)) if "no listing was crawled" in log] == []
