"""Without the optional dependencies a crawl works, and one line names each missing package."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scrapy.settings import Settings

from tests.support.crawling import Crawl
from tests.support.expected_records import assert_whole
from tests.support.health_file import health_of
from tests.support.notification_servers import Receiver
from vokcrawl.config import Alerts
from vokcrawl.errors import ExitCode
from vokcrawl.monitors.ending import RunResult
from vokcrawl.monitors.runner import run_monitors
from vokcrawl.sample import SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]


@pytest.fixture
def without(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """`without("spidermon")` is an environment in which Python does not find that package."""

    def hide(*names: str) -> dict[str, str]:
        for name in names:
            (tmp_path / "hidden" / name).mkdir(parents=True)
            code = f'raise ModuleNotFoundError("No module named {name!r}", name={name!r})\n'
            (tmp_path / "hidden" / name / "__init__.py").write_text(code)
        return {"PYTHONPATH": str(tmp_path / "hidden")}

    return hide


def test_a_crawl_works_without_optional_packages_and_names_them(
    without: Callable[..., dict[str, str]],
    crawl: Crawling,
    serve: Serving,
    receive: Callable[..., Receiver],
    output: Path,
) -> None:
    server, receiver = serve(5), receive()
    env = {**without("spidermon", "prometheus_client"), "VOK_ALERT_WEBHOOK": receiver.url}
    settings = {"VOK_METRICS_FILE": "vokcrawl.prom", "VOK_ALERT_FREE_MB": 999_999_999}
    done = crawl(f"{server.url}/article/163/", output, settings=settings, env=env)
    assert done.code == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert_whole(done, server.site)
    said = [line.partition("] ")[2] for line in done.stderr.splitlines() if "is not installed" in line]
    wanted = "is not installed (pip install -r requirements/monitor.txt); the crawl is not affected"
    assert said == [
        f"WARNING: monitors: spidermon {wanted}",
        f"WARNING: VOK_METRICS_FILE: vokcrawl.prom: prometheus_client {wanted}",
    ]
    # The health file needs neither package.
    health = health_of(output)
    assert (health["ok"], health["outcome"], health["alarms"], health["monitors"]) == (True, "done", [], {})
    assert receiver.posted == []


def test_a_missing_monitor_is_no_warning_without_a_channel_for_alerts(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """The first crawl of a new installation has nothing to warn of."""
    monkeypatch.setitem(sys.modules, "spidermon", None)
    ended = RunResult(tmp_path, "Voice of Korea (EN)", datetime.now(UTC), "done", ExitCode.OK)
    for channel, level in (("", logging.INFO), ("http://127.0.0.1:1/", logging.WARNING)):
        caplog.clear()
        with caplog.at_level(logging.INFO):
            run_monitors(ended, Alerts.read(Settings({"VOK_ALERT_WEBHOOK": channel})))
        (record,) = caplog.records
        assert record.levelno == level
        assert "spidermon is not installed" in record.getMessage()
