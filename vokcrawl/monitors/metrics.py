"""Metrics of the last run for Prometheus: a file for the textfile collector of node_exporter.

Import this module lazily: prometheus_client is an optional dependency (the extra `monitor`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from shutil import disk_usage

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from vokcrawl.monitors.ending import RunResult
from vokcrawl.monitors.health import Health
from vokcrawl.normalize import parse_utc
from vokcrawl.storage.output_folder import DATA_KINDS


def write_metrics(path: Path, ending: RunResult, health: Health) -> None:
    """Write the file atomically. Raises `OSError`."""
    write_to_textfile(str(path), registry_of(ending, health))


def registry_of(ending: RunResult, health: Health) -> CollectorRegistry:
    """Return all metrics, each with the source as a label, so that every source can have its own file."""
    registry = CollectorRegistry()

    def add(name: str, help_text: str, value: float | None) -> None:
        if value is not None:
            Gauge(f"vokcrawl_{name}", help_text, ["source"], registry=registry).labels(ending.source).set(value)

    def add_by(name: str, help_text: str, label: str, values: Mapping[str, float]) -> None:
        gauge = Gauge(f"vokcrawl_{name}", help_text, ["source", label], registry=registry)
        for each, value in values.items():
            gauge.labels(ending.source, each).set(value)

    manifest = ending.manifest
    pages = manifest.pages if manifest else None
    add("run_end_timestamp_seconds", "When the last run ended.", _seconds(health.ended_at))
    add("run_duration_seconds", "How long it took.", _duration(manifest.started_at if manifest else None, health))
    add("run_exit_code", "Its exit code.", health.exit_code)
    add("run_ok", "Whether it ended with 0 and no monitor fired.", float(health.ok))
    add("last_ok_timestamp_seconds", "When a run was last ok.", _seconds(health.last_ok_at))
    add("run_expected_by_timestamp_seconds", "When the next run should have ended.", _seconds(health.expected_by))
    add("runs_in_a_row", "Consecutive runs that ended with this exit code.", health.in_a_row)
    add(
        "newest_article_timestamp_seconds",
        "When the site ingested the newest article.",
        _seconds(manifest.newest_article if manifest else None),
    )
    add("pages_read", "Pages that the last run read.", pages.read if pages else None)
    add("pages_failed", "Pages that failed in the last run.", pages.failed if pages else None)
    add("articles_truncated", "Articles whose text the site truncated.", pages.truncated if pages else None)
    add("pending_retries", "Articles in the retry queue.", manifest.retries if manifest else None)
    add("disk_free_bytes", "Free space on the disk of the output directory.", _free(ending.folder))
    records = {kind: ending.counts.get(kind, 0) for kind in DATA_KINDS}
    add_by("records_delivered", "Records that the last run delivered.", "kind", records)
    add_by("errors", "Errors of the last run.", "reason", ending.errors)
    firing = {alarm.monitor for alarm in health.alarms}
    add_by("alarm", "Whether a monitor fires.", "monitor", {name: float(name in firing) for name in health.monitors})
    return registry


def _seconds(moment: str | None) -> float | None:
    return parse_utc(moment).timestamp() if moment else None


def _duration(started_at: str | None, health: Health) -> float | None:
    started, ended = _seconds(started_at), _seconds(health.ended_at)
    return max(0.0, ended - started) if started is not None and ended is not None else None


def _free(folder: Path) -> float | None:
    try:
        return float(disk_usage(folder).free)
    except OSError:
        return None
