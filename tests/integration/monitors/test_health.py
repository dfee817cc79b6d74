"""The health file reports how the last run ended, even if it could not start, and never affects a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.commands import T0, crawl_with_fault
from tests.support.crawling import Crawl
from tests.support.health_file import alarms_in, alarms_of, health_of
from tests.support.notification_servers import Receiver
from vokcrawl.monitors.health import Health, read_health
from vokcrawl.normalize import parse_utc
from vokcrawl.sample import SampleServer
from vokcrawl.storage.output_folder import OutputFolder

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]
Receiving = Callable[..., Receiver]


def test_it_reports_end_outcome_health_and_when_the_next_run_is_expected(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(4)
    done = crawl(f"{server.url}/article/163/", output, settings={"VOK_EXPECT_WITHIN_HOURS": 8}, at=T0)
    health = health_of(output)
    ended = parse_utc(health["ended_at"])
    assert timedelta(0) <= ended - T0 < timedelta(minutes=1)
    assert parse_utc(health["expected_by"]) - ended == timedelta(hours=8)
    assert (health["schema"], health["ok"], health["outcome"], health["exit_code"]) == (
        "vokcrawl.health/2",
        True,
        "done",
        0,
    )
    assert (health["run_id"], health["counts"]) == (done.manifest["run_id"], {"articles": 4, "teasers": 4})
    assert json.loads(Path(health["manifest"]).read_bytes()) == done.manifest
    assert health["source"] == "Voice of Korea (EN)"


def test_a_run_that_finds_the_folder_locked_is_reported_and_keeps_last_ok_at(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(2)
    url = f"{server.url}/article/163/"
    assert crawl(url, output).code == 0
    before = health_of(output)
    folder = OutputFolder(output)
    folder.take("a test")
    try:
        for times in (1, 2, 3):
            refused = crawl(url, output, settings={"VOK_ALERT_OUTCOMES": "13=3"})
            health = health_of(output)
            assert (refused.code, health["exit_code"], health["outcome"]) == (13, 13, "locked")
            assert (health["ok"], health["in_a_row"], health["run_id"]) == (False, times, None)
            assert health["last_ok_at"] == before["last_ok_at"]
            assert (set(alarms_of(output)) == {"outcome"}) is (times == 3)
    finally:
        folder.release()
    assert "another run holds this output directory" in alarms_in(refused.stderr)["outcome"]
    # The message of the command is still the last line.
    assert refused.stderr.strip().splitlines()[-1].startswith(f"scrapy crawl: {output}: another run holds")
    assert crawl(url, output).code == 0
    assert (health_of(output)["ok"], health_of(output)["in_a_row"]) == (True, 1)


def test_an_unreachable_site_is_unhealthy(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(3)
    server.site.fail("/article/163/", 500, times=-1)
    done = crawl(f"{server.url}/article/163/", output)
    health = health_of(output)
    assert (done.code, health["exit_code"], health["ok"]) == (14, 14, False)
    assert health["run_id"] == done.manifest["run_id"]


def test_a_missing_state_file_is_notified_at_once_with_the_reason(
    crawl: Crawling, serve: Serving, receive: Receiving, output: Path
) -> None:
    server, receiver = serve(3), receive()
    url = f"{server.url}/article/163/"
    assert crawl(url, output).code == 0
    (output / "state.sqlite3").unlink()
    done = crawl(url, output, env={"VOK_ALERT_WEBHOOK": receiver.url})
    health = health_of(output)
    assert (done.code, health["exit_code"], health["ok"], health["manifest"]) == (15, 15, False, None)
    assert "the state file is missing" in health["message"]
    (alert,) = receiver.posted
    assert (alert.json["kind"], alert.json["exit_code"], alert.json["run_id"]) == ("alarm", 15, None)
    assert "the state file is missing" in alert.json["text"]
    # Monitors change nothing; `scrapy repair` needs the directory unchanged.
    assert not (output / "state.sqlite3").exists()


def test_a_storage_failure_during_the_run_is_reported(serve: Serving, output: Path) -> None:
    server = serve(60)
    assert crawl_with_fault("often,largest:40000", f"{server.url}/article/163/", output) == 15
    assert (health_of(output)["exit_code"], health_of(output)["ok"]) == (15, False)


def test_invalid_settings_leave_the_health_file_of_the_previous_run(
    crawl: Crawling, serve: Serving, receive: Receiving, output: Path
) -> None:
    server, receiver = serve(3), receive()
    url = f"{server.url}/article/163/"
    assert crawl(url, output).code == 0
    before = (output / "health.json").read_bytes()
    done = crawl(url, output, settings={"VOK_PAGINATION": "scroll"}, env={"VOK_ALERT_WEBHOOK": receiver.url})
    assert (done.code, receiver.posted) == (2, [])
    assert (output / "health.json").read_bytes() == before


DAMAGES = [b"", b"{", b"[1, 2]", b'{"ok": "perhaps"}', b'{"schema": "vokcrawl.health/9"}', b"\xff" * 100, b"{}" * 10**6]


@pytest.mark.parametrize("damage", DAMAGES, ids=range(len(DAMAGES)))
def test_a_damaged_file_counts_as_missing(damage: bytes, tmp_path: Path) -> None:
    (tmp_path / "health.json").write_bytes(damage)
    assert read_health(tmp_path / "health.json") == Health() == read_health(tmp_path / "none.json")


def test_a_damaged_file_is_replaced(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(2)
    output.mkdir()
    (output / "health.json").write_bytes(b'{"ok": "perhaps"}')
    done = crawl(f"{server.url}/article/163/", output)
    assert (done.code, health_of(output)["ok"], health_of(output)["in_a_row"]) == (0, True, 1)
    assert "Traceback" not in done.stderr


def test_a_file_that_cannot_be_written_is_one_line_in_the_log(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(2)
    (output / "health.json").mkdir(parents=True)
    done = crawl(f"{server.url}/article/163/", output, settings={"VOK_METRICS_FILE": "/proc/none/vokcrawl.prom"})
    assert done.code == 0
    assert f"WARNING: VOK_HEALTH_FILE: {output / 'health.json'}: " in done.stderr
    assert "WARNING: VOK_METRICS_FILE: /proc/none/vokcrawl.prom: No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(output.glob("*.part")) == []


def test_its_path_can_be_set(crawl: Crawling, serve: Serving, output: Path, tmp_path: Path) -> None:
    server = serve(2)
    elsewhere = tmp_path / "watched.json"
    assert crawl(f"{server.url}/article/163/", output, settings={"VOK_HEALTH_FILE": elsewhere}).code == 0
    assert json.loads(elsewhere.read_bytes())["ok"]
    assert not (output / "health.json").exists()
