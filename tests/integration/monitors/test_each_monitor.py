"""Each monitor fires in a real crawl when its condition holds, and not otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.altered_responses import matching
from tests.support.crawling import Crawl
from tests.support.health_file import OFF, alarms_in, alarms_of, health_of
from tests.support.hostile_site import HostileServer, HostileSite
from vokcrawl.normalize import parse_utc
from vokcrawl.sample import SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

QUIET: dict[str, object] = {**OFF, "VOK_RECHECK_DAYS": "", "RETRY_TIMES": 0}


def listing_of(server: SampleServer) -> str:
    return f"{server.url}/article/163/"


def fired(done: Crawl) -> dict[str, str]:
    """The alarms of the crawl; log and health file must agree."""
    assert "Traceback" not in done.stderr, done.stderr
    assert alarms_in(done.stderr) == alarms_of(done.output)
    return alarms_of(done.output)


def test_no_monitor_fires_after_a_good_run_with_default_settings(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(30)
    for runs in ("1 run", "2 runs"):
        done = crawl(listing_of(server), output, settings={"VOK_ALERT_TRUNCATED": 0.5})
        assert (done.code, fired(done)) == (0, {}), done.stderr
        assert health_of(output)["monitors"]["unfinished"] == f"only {runs}; 3 are needed"
    health = health_of(output)
    assert (health["ok"], health["in_a_row"], health["last_ok_at"]) == (True, 2, health["ended_at"])
    # The sample profile disables `age`, because its articles are old.
    monitors = health["monitors"]
    assert monitors.pop("age") == "off"
    assert monitors.pop("few_articles") == "only 0 previous weeks with runs; 4 are needed"
    assert monitors.pop("unfinished") == "only 2 runs; 3 are needed"
    assert set(monitors.values()) == {"ok"}


def test_disabled_monitors_do_not_fire(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(30)
    for path in ("/article/163/", "/robots.txt"):
        server.site.fail(path, 503, times=-1)
    done = crawl(listing_of(server), output, settings=QUIET)
    assert (done.code, fired(done)) == (14, {})
    assert set(health_of(output)["monitors"].values()) == {"off"}
    assert not health_of(output)["ok"]


def test_outcome_fires_after_the_configured_number_of_runs_in_a_row(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(5)
    settings = {**QUIET, "VOK_ALERT_OUTCOMES": "14=2"}
    assert crawl(listing_of(server), output, settings=settings).code == 0
    server.site.fail("/article/163/", 500, times=-1)
    for said in ({}, {"outcome": "the last 2 runs ended with 14 (unreachable)"}):
        done = crawl(listing_of(server), output, settings=settings)
        assert (done.code, fired(done)) == (14, said)
    server.site.fail("/article/163/", 500, times=0)
    done = crawl(listing_of(server), output, settings=settings)
    assert (done.code, fired(done)) == (0, {})


def test_few_articles_fires_below_the_baseline_of_the_day_of_the_week(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(40)
    now = datetime(2030, 1, 30, 6, 5, tzinfo=UTC)
    settings = {**QUIET, "VOK_ALERT_FEW_ARTICLES": 3}
    # The first run crawls the whole listing: an outlier.
    for weeks_before, new in ((5, 0), (4, 12), (3, 11), (2, 13), (1, 12)):
        server.site.publish(new)
        done = crawl(listing_of(server), output, settings=settings, at=now - timedelta(weeks=weeks_before))
        assert (done.code, fired(done)) == (0, {}), done.stderr
    server.site.publish(9)
    done = crawl(listing_of(server), output, settings=settings, at=now)
    assert (done.code, fired(done)) == (0, {})
    # The same day of the week, a week later: two are too few.
    server.site.publish(2)
    done = crawl(listing_of(server), output, settings=settings, at=now + timedelta(weeks=1))
    said = fired(done)["few_articles"]
    assert done.code == 0
    assert said.startswith("2 articles in the last 24 hours; the 6 previous weeks had 9 to 40 on this day")


def test_coverage_fires_when_too_few_articles_have_a_field(crawl: Crawling, output: Path) -> None:
    site = HostileSite(24)
    for article in site.truth()["articles"][:10]:
        site.change(article["id"], matching(r"Date: ?\d\d/\d\d/\d{4}", "Date: soon"))
    settings = {**QUIET, "VOK_MIN_COVERAGE": "", "VOK_ALERT_COVERAGE": "title=0.9,published_on=0.8"}
    with HostileServer(site) as server:
        done = crawl(listing_of(server), output, settings=settings)
    assert done.code == 0, done.stderr
    assert fired(done) == {
        "coverage": "too few of the 24 articles of the last 7 days have a field (published_on: 58%, minimum 80%)"
    }


def test_coverage_is_summed_over_many_small_runs(crawl: Crawling, output: Path) -> None:
    site = HostileSite(12)
    settings = {**QUIET, "VOK_MIN_COVERAGE": "", "VOK_ALERT_COVERAGE": "published_on=0.8"}
    with HostileServer(site) as server:
        assert fired(crawl(listing_of(server), output, settings=settings)) == {}
        for number in (5, 5):
            for identity in site.publish(number):
                site.change(identity, matching(r"Date: ?\d\d/\d\d/\d{4}", "Date: soon"))
            done = crawl(listing_of(server), output, settings=settings)
    assert "of the 22 articles" in fired(done)["coverage"]


def test_errors_fires_when_too_many_pages_fail(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(24)
    for article in server.site.truth()["articles"][:8]:
        server.site.fail(article["id"], 500, times=-1)
    done = crawl(listing_of(server), output, settings={**QUIET, "VOK_ALERT_ERRORS": 0.2})
    assert done.code == 10
    pages = done.manifest["pages"]
    assert pages["failed"] == 8
    total = pages["failed"] + pages["read"]
    said = f"8 of {total} pages failed in the last 24 hours ({8 / total:.0%}, VOK_ALERT_ERRORS is 20%)"
    assert fired(done) == {"errors": said}


def test_truncation_monitor_fires_above_its_share(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(20)
    for article in server.site.truth()["articles"][:12]:
        server.site.truncate(article["id"])
    done = crawl(listing_of(server), output, settings={**QUIET, "VOK_ALERT_TRUNCATED": 0.5})
    truncated = done.manifest["pages"]["truncated"]
    assert truncated >= 12
    share = f"{truncated / 20:.0%}, VOK_ALERT_TRUNCATED is 50%"
    said = f"{truncated} of 20 articles were truncated by the site in the last 24 hours ({share})"
    assert fired(done) == {"truncated": said}


def test_age_fires_when_the_newest_article_is_old_even_in_an_idle_run(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(8)
    settings = {**QUIET, "VOK_ALERT_AGE_HOURS": 48}
    newest = max(article["ingested_at"] for article in server.site.truth()["articles"])
    at = parse_utc(newest)
    done = crawl(listing_of(server), output, settings=settings, at=at + timedelta(hours=47))
    assert (done.code, fired(done)) == (0, {})
    done = crawl(listing_of(server), output, settings=settings, at=at + timedelta(hours=49))
    assert done.manifest["outcome"] == "nothing new"
    assert fired(done) == {"age": "the site ingested the newest article 49 hours ago, VOK_ALERT_AGE_HOURS is 48"}


def test_unfinished_fires_when_no_listing_crawl_was_complete_in_consecutive_runs(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(45)
    settings = {**QUIET, "VOK_ALERT_UNFINISHED_RUNS": 2}
    done = crawl(listing_of(server), output, settings=settings, args={"max_pages": 1})
    assert fired(done) == {}
    done = crawl(listing_of(server), output, settings=settings, args={"max_pages": 1})
    assert fired(done) == {"unfinished": f"in the last 2 runs no crawl of {listing_of(server)} was complete"}
    done = crawl(listing_of(server), output, settings=settings)
    assert (done.code, fired(done)) == (0, {})


def test_disk_fires_when_the_disk_is_nearly_full(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(5)
    done = crawl(listing_of(server), output, settings={**QUIET, "VOK_ALERT_FREE_MB": 999_999_999})
    assert done.code == 0
    assert re.fullmatch(rf"\d+ MB are free in {output}, VOK_ALERT_FREE_MB is 999999999", fired(done)["disk"])


def test_invalid_manifests_are_ignored(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(24)
    settings = {**QUIET, "VOK_ALERT_COVERAGE": "title=0.9", "VOK_ALERT_UNFINISHED_RUNS": 2}
    damaged = (b"", b'{"schema": "vokcrawl.run/2"}', b"[" * 100_000)
    run_ids = []
    for _ in (*damaged, "the last one stays whole"):
        run_ids.append(crawl(listing_of(server), output, settings=settings).manifest["run_id"])
    for run_id, content in zip(run_ids, damaged, strict=False):
        (output / "runs" / f"{run_id}.json").write_bytes(content)
    (output / "runs" / "notes.json").write_bytes(b"{}")
    done = crawl(listing_of(server), output, settings=settings)
    assert (done.code, fired(done)) == (0, {})
    assert health_of(output)["monitors"]["unfinished"] == "ok"
