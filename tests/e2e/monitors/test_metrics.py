"""The metrics file is in Prometheus's format, correct, and replaced atomically."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.support.commands import T0
from tests.support.crawling import Crawl
from tests.support.system_tools import system_tool
from vokcrawl.sample import SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

SOURCE = "Voice of Korea (EN)"


def metrics_of(path: Path) -> dict[tuple[str, str], float]:
    """Each value by the metric's name without the prefix, and its label beside the source."""
    read = {}
    for family in text_string_to_metric_families(path.read_text(encoding="utf-8")):
        assert family.type == "gauge"
        assert family.documentation
        for sample in family.samples:
            labels = dict(sample.labels)
            assert labels.pop("source") == SOURCE
            read[sample.name.removeprefix("vokcrawl_"), "".join(labels.values())] = sample.value
    return read


def test_metrics_agree_with_manifest_and_health_file(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(12)
    server.site.fail(server.site.truth()["articles"][4]["id"], 500, times=-1)
    settings = {"VOK_METRICS_FILE": "vokcrawl.prom", "VOK_ALERT_FREE_MB": 999_999_999, "RETRY_TIMES": 0}
    done = crawl(f"{server.url}/article/163/", output, settings=settings, at=T0)
    assert done.code == 10, done.stderr
    result = metrics_of(output / "vokcrawl.prom")
    manifest, health = done.manifest, json.loads((output / "health.json").read_bytes())
    assert result["run_exit_code", ""] == 10
    assert (result["run_ok", ""], health["ok"]) == (0, False)
    assert 0 <= result["run_end_timestamp_seconds", ""] - T0.timestamp() < 60
    assert result["run_expected_by_timestamp_seconds", ""] == result["run_end_timestamp_seconds", ""] + 12 * 3600
    assert 0 <= result["run_duration_seconds", ""] < 60
    for kind in ("articles", "teasers", "removals", "rejected"):
        assert result["records_delivered", kind] == manifest["counts"].get(kind, 0)
    assert result["pages_read", ""] == manifest["pages"]["read"]
    assert result["pages_failed", ""] == 1
    assert result["pending_retries", ""] == 1
    assert result["errors", "article_http_500"] == 1
    assert (result["alarm", "disk"], result["alarm", "coverage"]) == (1, 0)
    assert result["newest_article_timestamp_seconds", ""] > 0
    assert ("last_ok_timestamp_seconds", "") not in result
    assert list(output.glob("vokcrawl.prom*")) == [output / "vokcrawl.prom"]


def test_a_run_that_cannot_start_writes_metrics(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(2)
    url = f"{server.url}/article/163/"
    assert crawl(url, output, settings={"VOK_METRICS_FILE": "vokcrawl.prom"}, at=T0).code == 0
    assert metrics_of(output / "vokcrawl.prom")["last_ok_timestamp_seconds", ""] >= T0.timestamp()
    (output / "state.sqlite3").unlink()
    assert crawl(url, output, settings={"VOK_METRICS_FILE": "vokcrawl.prom"}).code == 15
    result = metrics_of(output / "vokcrawl.prom")
    assert (result["run_exit_code", ""], result["run_ok", ""], result["alarm", "outcome"]) == (15, 0, 1)
    assert result["last_ok_timestamp_seconds", ""] >= T0.timestamp()


def test_promtool_accepts_the_metrics(crawl: Crawling, serve: Serving, output: Path) -> None:
    promtool = system_tool("promtool")
    server = serve(3)
    name = 'Quotes " and \\ and\nlines'
    server.site.fail("/article/163/", 500, times=-1)
    settings = {"VOK_METRICS_FILE": "vokcrawl.prom", "VOK_SOURCE": name}
    assert crawl(f"{server.url}/article/163/", output, settings=settings).code == 14
    text = (output / "vokcrawl.prom").read_bytes()
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, timeout=30, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_no_metrics_are_written_by_default(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(2)
    assert crawl(f"{server.url}/article/163/", output).code == 0
    assert list(output.rglob("*.prom")) == []


def test_a_file_name_that_node_exporter_ignores_is_refused(crawl: Crawling, output: Path) -> None:
    done = crawl(None, output, settings={"VOK_METRICS_FILE": "/var/lib/node_exporter/vokcrawl.txt"})
    assert done.code == 2
    assert re.search("VOK_METRICS_FILE: '.*' does not end in .prom", done.stderr.strip().splitlines()[-1])
