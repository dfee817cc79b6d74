"""A replay of a crawl's archive delivers the same records, field by field."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.altered_responses import NOT_FOUND
from tests.support.commands import ALWAYS, QUIET, T0, contents, crawling, delivered, faults, wait_for
from tests.support.crawling import Crawl
from tests.support.fake_splash import FakeSplash
from tests.support.hostile_site import HostileSite
from tests.support.replaying import Replayed, all_of_the_site, of_the_site, replay
from vokcrawl.sample import ALL_FAULTS, SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]


def assert_same(crawled: Crawl, to: Path, in_flight: int = 0, code: int = 0) -> Replayed:
    """Replays all archives of a crawl's folder, and holds the records to those that were delivered.

    So many answers were `in_flight` when a run was killed: archived, perhaps, and not delivered before the next run.
    """
    before = contents(crawled.output)
    done = replay(to=to, output=crawled.output, settings={})
    assert (done.code, done.stderr) == (code, "")
    assert all_of_the_site(done) == all_of_the_site(crawled)
    # They are the runs that they were, read from the same records of the archive, and seen when those were captured.
    assert [each["run_id"] for each in done.manifests()] == [each["run_id"] for each in crawled.manifests()]
    elsewhere = 0
    for mine, theirs in zip(by_version(done), by_version(crawled), strict=True):
        elsewhere += any(mine[name] != theirs[name] for name in ("run_id", "archived_as"))
        assert mine["fetched_at"] <= theirs["fetched_at"]
    assert elsewhere <= in_flight
    assert faults(to) == []
    # The original was read, and no more.
    assert contents(crawled.output) == before
    return done


def by_version(crawl: Crawl) -> Iterator[dict[str, object]]:
    yield from sorted(crawl.articles(), key=lambda each: (each["id"], each["revision"]))


@pytest.mark.parametrize("more", ["link", "ajax"])
@pytest.mark.parametrize("skin", ["current", "plain"])
def test_the_whole_sample_site(skin: str, more: str, crawl: Crawling, serve: Serving, tmp_path: Path) -> None:
    server = serve(45, skin=skin, more=more)
    done = crawl(f"{server.url}/newstream/", tmp_path / "output")
    assert (done.code, len(done.articles()), len(done.teasers())) == (0, 45, 45), done.stderr
    again = assert_same(done, tmp_path / "to")
    assert of_the_site(again.teasers())[0]["title"]


def test_a_site_with_all_the_faults_that_it_can_have(crawl: Crawling, serve: Serving, tmp_path: Path) -> None:
    server = serve(45, faults=ALL_FAULTS)
    done = crawl(f"{server.url}/article/163/", tmp_path / "output")
    assert done.code == 10
    again = assert_same(done, tmp_path / "to", code=10)
    kept = ("article_not_found", "article_gone", "article_block_page_sign_up")
    assert {name: again.errors.get(name) for name in kept} == {name: done.errors.get(name) for name in kept}
    pending = [[(each["id"], each["reason"]) for each in one.manifest["pending_retries"]] for one in (again, done)]
    assert sorted(pending[0]) == sorted(pending[1])


@pytest.mark.parametrize("strategy", ["search", "sitemap"])
def test_a_source_that_was_found_by_search_or_sitemap(
    strategy: str, crawl: Crawling, serve: Serving, tmp_path: Path
) -> None:
    site = HostileSite(45, search="button") if strategy == "search" else HostileSite(45, more="script", sitemap=True)
    site.change("/article/163/", NOT_FOUND)
    server = serve(site=site)
    quiet = {"VOK_RECHECK_DAYS": "", "RETRY_TIMES": 0}
    done = crawl(f"{server.url}/article/163/", tmp_path / "output", settings=quiet)
    assert strategy in {each["strategy"] for each in done.manifest["listings"]}, done.stderr
    assert len(done.articles()) > 20
    assert_same(done, tmp_path / "to")


def test_a_source_without_logos_whose_teasers_wait_for_their_articles(
    crawl: Crawling, serve: Serving, tmp_path: Path
) -> None:
    server = serve(20)
    source = {"VOK_SOURCE": "Pyongyang Times"}
    done = crawl(f"{server.url}/newstream/", tmp_path / "output", settings=source)
    assert done.articles()
    again = replay(to=tmp_path / "to", output=done.output, settings=source)
    assert all_of_the_site(again) == all_of_the_site(done)
    # Read for another source, the same archive has another's records.
    other = replay(to=tmp_path / "other", output=done.output, settings={})
    assert {each["source"] for each in other.articles()} <= {"Voice of Korea (EN)"}


def test_runs_with_edits_removals_and_returns(crawl: Crawling, serve: Serving, tmp_path: Path) -> None:
    server = serve(12, page_size=5)
    url, output = f"{server.url}/article/163/", tmp_path / "output"
    site = server.site
    ids = [each["id"] for each in site.truth()["articles"]]

    def run(hours: int) -> Crawl:
        done = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=hours))
        assert done.code == 0, done.stderr
        return done

    run(0)
    site.edit(ids[1])
    site.edit(ids[2], title=True)
    site.truncate(ids[3])
    site.publish(3)
    run(1)
    site.remove(ids[4], 404)
    site.remove(ids[5], 410)
    site.show_in_full(ids[3])
    run(2)
    run(30)
    site.restore(ids[4])
    site.edit(ids[5])
    site.restore(ids[5])
    site.publish_late()
    run(60)
    done = run(61)
    kinds = {kind: len(records) for kind, records in all_of_the_site(done).items()}
    # Twelve and three that came in, two edits, and two that came back.
    assert (kinds["articles"], kinds["removals"]) == (12 + 3 + 2 + 2, 2)
    assert_same(done, tmp_path / "to")


def test_runs_that_were_bounded(crawl: Crawling, serve: Serving, tmp_path: Path) -> None:
    server = serve(30)
    days = sorted({each["published_on"] for each in server.site.truth()["articles"] if each["published_on"]})
    url, output = f"{server.url}/article/163/", tmp_path / "output"
    middle = days[len(days) // 2]
    crawl(url, output, settings=QUIET, args={"since": middle}, at=T0)
    crawl(url, output, settings=QUIET, args={"max_pages": 1}, at=T0 + timedelta(hours=1))
    server.site.publish(2)
    done = crawl(url, output, settings=QUIET, args={"until": days[-2], "since": days[1]}, at=T0 + timedelta(hours=2))
    assert_same(done, tmp_path / "to")


@pytest.mark.thorough
def test_a_run_that_was_killed_and_the_one_that_went_on(crawl: Crawling, serve: Serving, tmp_path: Path) -> None:
    server = serve(40)
    url, output = f"{server.url}/article/163/", tmp_path / "output"
    slowly = {"DOWNLOAD_DELAY": 0.15, "CONCURRENT_REQUESTS": 1}
    with crawling(url, output, slowly) as process:
        # A commit comes every few seconds.
        wait_for(lambda: delivered(output) > 3, process)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
    done = crawl(url, output)
    assert [each["outcome"] for each in done.manifests()] == ["crashed", "done"]
    assert len(done.articles()) == 40
    assert_same(done, tmp_path / "to", in_flight=1)


def test_an_archive_in_several_files(crawl: Crawling, serve: Serving, tmp_path: Path) -> None:
    server = serve(250)
    done = crawl(f"{server.url}/article/163/", tmp_path / "output", settings={"VOK_ARCHIVE_SIZE": 1})
    assert len(list((done.output / "archive").iterdir())) > 1
    again = assert_same(done, tmp_path / "to")
    assert len(again.manifest["replay"]["files"]) > 1


def test_a_listing_that_a_browser_has_rendered(crawl: Crawling, serve: Serving, tmp_path: Path) -> None:
    server = serve(15, more="script")
    url = f"{server.url}/article/163/"
    second = serve(15).site.answer("GET", "/article/163/page/2/", {}).body.decode()
    result = {"url": url, "outcome": "end", "pages": [second], "clicks": 1}
    with FakeSplash(body=json.dumps(result).encode()) as splash:
        done = crawl(url, tmp_path / "output", settings={"SPLASH_URL": splash.url})
    assert splash.asked
    again = assert_same(done, tmp_path / "to")
    # The first page, what the browser made of it, and the first page once more.
    assert again.manifest["replay"]["answers"]["listing"] == 3


def test_archives_that_were_moved_are_replayed_without_their_manifests(
    crawl: Crawling, serve: Serving, tmp_path: Path
) -> None:
    server = serve(12)
    done = crawl(f"{server.url}/article/163/", tmp_path / "output")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for path in (done.output / "archive").iterdir():
        shutil.copy(path, elsewhere / path.name)
    settings = {"VOK_START_URLS": f"{server.url}/article/163/"}
    again = replay(elsewhere, to=tmp_path / "to", settings=settings)
    assert (again.code, again.stderr) == (0, "")
    assert all_of_the_site(again) == all_of_the_site(done)
    assert {each["archived_as"]["file"] for each in again.articles()} == {f"{done.manifest['run_id']}.warc.gz"}


def test_some_runs_alone(crawl: Crawling, serve: Serving, tmp_path: Path) -> None:
    server = serve(5)
    url, output = f"{server.url}/article/163/", tmp_path / "output"
    first = crawl(url, output, settings=QUIET, at=T0).manifest["run_id"]
    server.site.publish(2)
    done = crawl(url, output, settings=QUIET, at=T0 + timedelta(hours=1))
    alone = replay(done.manifest["run_id"], to=tmp_path / "alone", output=output, settings={})
    assert [each["run_id"] for each in alone.manifests()] == [done.manifest["run_id"]]
    assert len(alone.articles()) == 2
    both = replay(first, output / "archive" / f"{done.manifest['run_id']}.warc.gz", to=tmp_path / "both", output=output)
    assert of_the_site(both.articles()) == of_the_site(done.articles())
