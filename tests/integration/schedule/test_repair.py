"""`scrapy repair` rebuilds a lost or damaged state from the files, and runs continue with it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.commands import (
    ALWAYS,
    ONE_BY_ONE,
    QUIET,
    T0,
    Crawling,
    Serving,
    articles_asked,
    asked,
    crawling,
    delivered,
    ended_by,
    faults,
    records_of,
    scrapy,
    wait_for,
)
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_same, assert_whole
from tests.support.hostile_site import HostileServer, HostileSite, Wire
from vokcrawl.storage.output_folder import in_run_order


def deleted(state: Path) -> None:
    state.unlink()


def damaged(state: Path) -> None:
    content = bytearray(state.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    state.write_bytes(content)


def rebuilt(output: Path) -> None:
    done = scrapy("repair", "--rebuild-state", output=output)
    assert done.code == 0, done.stdout + done.stderr


@pytest.mark.parametrize("harm", [deleted, damaged])
def test_a_lost_state_is_rebuilt_from_the_files_and_runs_continue_as_before(
    harm: Callable[[Path], None], crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(25)
    url = f"{server.url}/article/163/"
    crawl(url, output, settings=QUIET)
    before = records_of(output)
    harm(output / "state.sqlite3")
    refused = crawl(url, output, settings=QUIET)
    assert (refused.code, "repair --rebuild-state" in refused.stderr) == (15, True), refused.stderr

    done = scrapy("repair", "--rebuild-state", output=output)
    assert done.code == 0, done.stderr
    assert "The state contains 1 run, 25 articles and 25 teasers." in done.stdout
    assert records_of(output) == before
    assert scrapy("verify", output=output).code == 0
    # The old one is not thrown away.
    assert len(list(output.glob("state.sqlite3.*.old"))) == (harm is not deleted)

    server.reset()
    idle = crawl(url, output, settings=QUIET)
    assert (idle.code, idle.manifest["outcome"]) == (0, "nothing new"), idle.stderr
    assert len(asked(server)) == 1
    server.site.publish(2)
    server.reset()
    done = crawl(url, output, settings=QUIET)
    assert done.manifest["counts"] == {"articles": 2, "teasers": 2}
    assert len(articles_asked(server)) == 2
    assert len(asked(server)) <= 2 + 1 + 3
    assert_whole(done, server.site)
    assert faults(output) == []


def test_a_rebuilt_state_knows_revisions_removals_and_retries(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(6)
    url, ids = f"{server.url}/article/163/", [each["id"] for each in server.site.truth()["articles"]]
    server.site.fail(ids[0], 503, -1)
    for hours in (0, 1, 30):
        done = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=hours))
        server.site.edit(ids[1])
        server.site.remove(ids[2])
        server.site.truncate(ids[3])
    assert (len(done.articles()), len(done.removals())) == (7, 1)
    (output / "state.sqlite3").unlink()
    rebuilt(output)
    assert faults(output) == []
    assert f"Retry queue: 1\n  {server.url}/newstream/{ids[0]}" in scrapy("status", output=output).stdout

    server.site.fail(ids[0], 503, 0)
    server.site.restore(ids[2])
    done = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=60))
    assert done.code == 0, done.stderr
    # The fourth version of one, the second of one that came back, the first of the pending one.
    assert done.manifest["counts"] == {"articles": 3}
    assert done.manifest["pending_retries"] == []
    assert sorted((each["id"], each["revision"]) for each in done.articles()[-3:]) == sorted(
        [(ids[0], 1), (ids[1], 4), (ids[2], 2)]
    )
    assert faults(output) == []


def killed_in_the_middle(url: str, output: Path, server: HostileServer) -> None:
    server.disturb("/article/163/page/2/", Wire.HANG, times=1)
    with crawling(url, output, {**QUIET, **ONE_BY_ONE}, fault="often") as process:
        wait_for(lambda: delivered(output) == 10, process)
        ended_by(process, signal.SIGKILL)
    # Behind what was committed lies half a line.
    for part in output.rglob("*.part"):
        with part.open("ab") as file:
            file.write(b'{"schema":"vokcrawl.article/1","id":"17')


def assert_goes_on(crawl: Crawling, url: str, output: Path, site: HostileSite) -> Crawl:
    assert list(output.rglob("*.part")) == []
    assert scrapy("verify", output=output).code == 0
    done = crawl(url, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_same(done.articles(), site.truth()["articles"])
    assert len(done.teasers()) == len(site.truth()["teasers"])
    assert faults(output) == []
    return done


def test_a_state_that_is_lost_after_a_kill_costs_no_record_and_doubles_none(crawl: Crawling, output: Path) -> None:
    site = HostileSite(25)
    with HostileServer(site) as server:
        url = f"{server.url}/article/163/"
        killed_in_the_middle(url, output, server)
        for path in output.glob("state.sqlite3*"):
            path.unlink()
        rebuilt(output)
        done = assert_goes_on(crawl, url, output, site)
        assert done.manifest["counts"]["articles"] == 15


def test_repair_finishes_what_a_dead_run_left_and_says_so(crawl: Crawling, output: Path) -> None:
    site = HostileSite(25)
    with HostileServer(site) as server:
        url = f"{server.url}/article/163/"
        killed_in_the_middle(url, output, server)
        done = scrapy("repair", output=output)
        assert done.code == 0, done.stderr
        assert ", which had crashed; kept what it had committed: " in done.stdout
        assert "(10 records)" in done.stdout
        assert_goes_on(crawl, url, output, site)


@pytest.mark.parametrize("moment", ["commit:1", "replace:1"])
@pytest.mark.thorough
def test_a_repair_that_is_killed_leaves_no_half_state_that_a_run_would_trust(
    moment: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(12)
    url = f"{server.url}/article/163/"
    crawl(url, output, settings=QUIET)
    (output / "state.sqlite3").unlink()
    assert scrapy("repair", "--rebuild-state", output=output, fault=f"kill:{moment}").code == -signal.SIGKILL
    assert crawl(url, output, settings=QUIET).code == 15
    rebuilt(output)
    idle = crawl(url, output, settings=QUIET)
    assert (idle.code, idle.manifest["outcome"]) == (0, "nothing new")
    assert_whole(idle, server.site)
    assert faults(output) == []


def test_a_rebuilt_state_does_not_take_an_interrupted_listing_crawl_for_complete(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(25)
    url = f"{server.url}/article/163/"
    crawl(url, output, settings=QUIET)
    server.site.publish(40)
    crawl(url, output, settings=QUIET, args={"max_pages": 2})
    # Neither a complete crawl of another listing nor one that skipped what is new covers it.
    crawl(f"{server.url}/article/156/", output, settings=QUIET)
    oldest = server.site.truth()["articles"][-1]["published_on"]
    crawl(url, output, settings=QUIET, args={"until": oldest, "full": 1})
    (output / "state.sqlite3").unlink()
    rebuilt(output)
    done = crawl(url, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_same(done.articles(), server.site.truth()["articles"])
    assert faults(output) == []


def test_files_of_other_programs_are_not_changed(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(5)
    url = f"{server.url}/article/163/"
    crawl(url, output, settings=QUIET)
    mine, part = output / "articles" / "mine.jsonl", output / "articles" / "mine.jsonl.part"
    mine.write_text("not a record\n", encoding="utf-8")
    part.write_text("half a line", encoding="utf-8")
    (output / "state.sqlite3").unlink()
    done = scrapy("repair", "--rebuild-state", output=output)
    assert done.code == 0, done.stderr
    assert f"{mine}: skipped" in done.stdout
    assert (mine.read_text(encoding="utf-8"), part.read_text(encoding="utf-8")) == ("not a record\n", "half a line")
    assert faults(output) == [f"{mine}: no manifest names this file"]


def test_a_lost_manifest_is_rebuilt_with_the_state(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(5)
    url = f"{server.url}/article/163/"
    crawl(url, output, settings=QUIET)
    server.site.publish()
    crawl(url, output, settings=QUIET)
    in_run_order((output / "runs").iterdir())[-1].unlink()
    assert faults(output) != []
    rebuilt(output)
    assert faults(output) == []
    done = crawl(url, output, settings=QUIET)
    assert (done.code, done.manifest["outcome"]) == (0, "nothing new"), done.stderr


def test_repair_of_a_folder_that_a_run_holds_waits_for_its_end(output: Path, serve: Serving) -> None:
    server = serve(5)
    with crawling(f"{server.url}/article/163/", output, {**ONE_BY_ONE, "DOWNLOAD_DELAY": 0.2}) as process:
        wait_for(lambda: articles_asked(server), process)
        process.send_signal(signal.SIGSTOP)
        assert scrapy("repair", "--rebuild-state", output=output).code == 13
        process.send_signal(signal.SIGCONT)
        assert process.wait(timeout=30) == 0


def test_articles_of_a_lost_file_are_named_and_delivered_again(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(15)
    url = f"{server.url}/article/163/"
    assert crawl(url, output, settings=QUIET).code == 0
    (lost,) = (output / "articles").glob("*.jsonl")
    lost.unlink()
    repaired = scrapy("repair", "--rebuild-state", output=output)
    assert repaired.code == 0, repaired.stderr
    assert lost.name in repaired.stdout + repaired.stderr
    done = crawl(url, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)
