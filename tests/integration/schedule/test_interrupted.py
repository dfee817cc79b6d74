"""An interrupted crawl delivers what it has; one output directory is used by one run at a time."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from tests.support.commands import (
    ONE_BY_ONE,
    QUIET,
    Crawling,
    Serving,
    articles_asked,
    contents,
    crawling,
    delivered,
    ended_by,
    faults,
    log_of,
    scrapy,
    wait_for,
)
from tests.support.expected_records import assert_same, assert_whole
from tests.support.hostile_site import HostileServer, HostileSite, Wire

# Slow enough to be met in the middle.
SLOW = {**QUIET, **ONE_BY_ONE, "DOWNLOAD_DELAY": 0.05}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_crawl_that_is_asked_to_stop_delivers_all_that_it_has_and_ends_with_130(
    number: signal.Signals, crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(30)
    url = f"{server.url}/article/163/"
    with crawling(url, output, SLOW) as process:
        wait_for(lambda: len(articles_asked(server)) >= 8, process)
        assert ended_by(process, number) == 130
    assert "Traceback" not in log_of(output).read_text(encoding="utf-8")
    assert list(output.rglob("*.part")) == []
    (manifest,) = (json.loads(path.read_bytes()) for path in (output / "runs").glob("*.json"))
    assert (manifest["outcome"], manifest["exit_code"]) == ("interrupted", 130)
    assert manifest["listings"][0]["stop_reason"] == "interrupted"
    # What was answered was delivered, to the last page.
    had = {each.target.split("/")[2] for each in articles_asked(server)}
    assert 8 <= manifest["counts"]["articles"] == len(had) < 30
    assert faults(output) == []

    done = crawl(url, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert done.manifest["counts"]["articles"] == 30 - len(had)
    assert_same(done.articles(), server.site.truth()["articles"])
    assert len(done.teasers()) == 30


def test_a_second_signal_ends_the_crawl_at_once_with_130_and_the_next_run_continues(
    crawl: Crawling, output: Path
) -> None:
    site = HostileSite(15)
    with HostileServer(site) as server:
        url = f"{server.url}/article/163/"
        server.disturb("/article/163/page/2/", Wire.HANG, times=1)
        with crawling(url, output, {**SLOW, "DOWNLOAD_TIMEOUT": 60}, fault="often") as process:
            wait_for(lambda: delivered(output) == 10, process)
            process.send_signal(signal.SIGINT)
            wait_for(lambda: b"Received SIGINT" in log_of(output).read_bytes(), process)
            assert ended_by(process, signal.SIGINT) == 130
        done = crawl(url, output, settings=QUIET)
        assert done.code == 0, done.stderr
        assert_same(done.articles(), site.truth()["articles"])
    assert faults(output) == []


def test_the_second_run_on_a_folder_ends_at_once_and_says_who_holds_it(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server, other = serve(12), serve(12)
    with crawling(f"{server.url}/article/163/", output, SLOW) as process:
        wait_for(lambda: articles_asked(server), process)
        # It stands still, however long the others take.
        process.send_signal(signal.SIGSTOP)
        second = crawl(f"{other.url}/article/163/", output)
        verified = scrapy("verify", output=output)
        result = scrapy("status", output=output)
        process.send_signal(signal.SIGCONT)
        assert process.wait(timeout=30) == 0
    assert second.code == 13
    assert "`scrapy crawl vok` since 20" in second.stderr
    assert f"process {process.pid} on " in second.stderr
    assert "Traceback" not in second.stderr
    assert other.requests == []
    # A check waits for the run's end too; a look need not.
    assert (verified.code, result.code) == (13, 0)
    assert re.search(r"Last run: \S+, running$", result.stdout, re.MULTILINE), result.stdout
    (manifest,) = second.manifests()
    assert manifest["outcome"] == "done"
    assert_whole(second, server.site)


def test_a_lock_that_a_dead_process_left_is_no_obstacle(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(12)
    url = f"{server.url}/article/163/"
    with crawling(url, output, SLOW) as process:
        wait_for(lambda: articles_asked(server), process)
        ended_by(process, signal.SIGKILL)
    assert {".lock", ".holder.json"} <= contents(output, but=()).keys()
    done = crawl(url, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert done.manifests()[0]["outcome"] == "crashed"
    assert_whole(done, server.site)
