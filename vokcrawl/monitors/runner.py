"""Runs everything that follows a run: monitors, health file, metrics, notifications.

It never raises and takes limited time: a failed notification does not affect the run.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scrapy.settings import BaseSettings

from vokcrawl import __version__
from vokcrawl.config import Alerts, Options
from vokcrawl.errors import ExitCode, VokcrawlError
from vokcrawl.monitors.channels import channels_of
from vokcrawl.monitors.ending import RunResult
from vokcrawl.monitors.health import Health, read_health, write_health
from vokcrawl.monitors.history import History
from vokcrawl.monitors.notification import Notification, alarms_of, manifest_path, notification_for
from vokcrawl.normalize import utc
from vokcrawl.policy.outcome import WORDS
from vokcrawl.utils.program import install_command

logger = logging.getLogger(__name__)

_OPTIONAL = f"is not installed ({install_command('monitor')})"


@dataclass
class MonitorResults:
    """Results of the monitors: the message of each that fired, the status of each, and the notification, if one is due.

    `finished` is false if they did not run; `notified` is true if the notification was sent through any channel.
    """

    finished: bool = False
    fired: dict[str, str] = field(default_factory=dict)
    monitors: dict[str, str] = field(default_factory=dict)
    notification: Notification | None = None
    notified: bool = False


def run_monitors(ending: RunResult, alerts: Alerts) -> None:
    """Run the monitors and write log, health file and metrics, then notify. Each part runs even if another fails.

    Notifications come last, because a server may take long to answer and the process may be killed meanwhile.
    """
    path = ending.folder / alerts.health_file
    before = read_health(path)
    in_a_row = before.in_a_row + 1 if before.exit_code == ending.exit_code else 1
    results = MonitorResults()

    def write() -> None:
        health = _health(ending, alerts, before, in_a_row, results if results.finished else None)
        if path.parent.is_dir():
            _safely(f"VOK_HEALTH_FILE: {path}", lambda: write_health(path, health))
        if alerts.metrics_file:
            _safely(f"VOK_METRICS_FILE: {alerts.metrics_file}", lambda: _write_metrics(ending, alerts, health))

    # A user or a shutdown stopped the run: that says nothing about the site, and alarms stay as they were.
    if ending.exit_code is not ExitCode.INTERRUPTED:
        # Monitors are optional: who has set no channel for alerts needs no warning.
        level = logging.WARNING if channels_of(alerts) else logging.INFO
        _safely("monitors", lambda: _run_suite(ending, alerts, before, in_a_row, results, write), level)
    if results.notified or not results.finished:
        write()


def report_failed_start(failure: VokcrawlError, settings: BaseSettings) -> None:
    """Run the monitors for a run that could not start: the directory is locked, or the storage failed.

    Invalid settings are not reported, because alerts are settings, too. A watchdog notices the missing run.
    """
    if failure.exit_code is ExitCode.USAGE:
        return
    options, alerts = Options.read(settings), Alerts.read(settings)
    folder, code = Path(options.output_dir), failure.exit_code
    result = RunResult(folder, options.source, datetime.now(UTC), WORDS[code], code, message=str(failure))
    run_monitors(result, alerts)


def _safely(what: str, work: Callable[[], None], missing_level: int = logging.WARNING) -> bool:
    """Do a part of the work; an error is logged. A missing package is logged at `missing_level`."""
    try:
        work()
    except ImportError as missing:
        logger.log(missing_level, "%s: %s %s; the crawl is not affected", what, missing.name, _OPTIONAL)
    except OSError as failure:
        logger.warning("%s: %s; the crawl is not affected", what, failure.strerror or failure)
    except Exception:
        logger.exception("%s: internal error; the crawl is not affected", what)
    else:
        return True
    return False


def _run_suite(
    ending: RunResult, alerts: Alerts, before: Health, in_a_row: int, results: MonitorResults, write: Callable[[], None]
) -> None:
    """Run the monitors, `write` their results, then notify."""
    from spidermon import MonitorRunner  # noqa: PLC0415

    from vokcrawl.monitors.notifiers import notifiers_of  # noqa: PLC0415
    from vokcrawl.monitors.suite import RunSuite  # noqa: PLC0415

    def on_finished(result: Any) -> None:
        results.fired = {
            each.monitor.monitor_name: each.reason or each.error for each in result.monitors_failed_results
        }
        results.monitors = {each.monitor.monitor_name: _status(each) for each in result.monitor_results}
        alarms = alarms_of(results.fired, before, utc(ending.ended))
        host = socket.gethostname()
        results.notification = notification_for(before, alarms, ending, host, alerts.alert_repeat_hours)
        results.finished = True
        for name, message in results.fired.items():
            logger.warning("Alarm %s: %s", name, message)
        write()

    result = MonitorRunner().run(
        RunSuite(on_finished, notifiers_of(alerts)),
        ending=ending,
        alerts=alerts,
        history=History(ending.folder, ending.ended),
        in_a_row=in_a_row,
        notification=lambda: results.notification,
    )
    results.notified = any(each.status == "OK" for each in result.monitors_finished_action_results)


def _status(result: Any) -> str:
    """Return the status of a monitor as the health file has it."""
    words = {"OK": "ok", "FAIL": "fired", "ERROR": "failed", "SKIPPED": str(result.reason)}
    return words.get(result.status, str(result.status))


def _health(ending: RunResult, alerts: Alerts, before: Health, in_a_row: int, results: MonitorResults | None) -> Health:
    now = utc(ending.ended)
    alarms = alarms_of(results.fired, before, now) if results else before.alarms
    ok = ending.exit_code == ExitCode.OK and not alarms
    notified, notified_at = before.notified, before.notified_at
    if results is not None and results.notified and results.notification is not None:
        notified, notified_at = [alarm.monitor for alarm in results.notification.alarms], now
    elif results is not None and results.fired:
        # A monitor that stopped firing causes a new notification when it fires again.
        notified = [name for name in notified if name in results.fired]
    hours = alerts.expect_within_hours
    return Health(
        ok=ok,
        source=ending.source,
        output_dir=str(ending.folder.absolute()),
        host=socket.gethostname(),
        version=__version__,
        run_id=ending.run_id,
        ended_at=now,
        outcome=ending.outcome,
        exit_code=int(ending.exit_code),
        in_a_row=in_a_row,
        message=ending.message,
        counts=ending.counts,
        manifest=manifest_path(ending),
        last_ok_at=now if ok else before.last_ok_at,
        expected_by=utc(ending.ended + timedelta(hours=hours)) if hours else None,
        alarms=alarms,
        monitors=results.monitors if results else before.monitors,
        notified=notified,
        notified_at=notified_at,
    )


def _write_metrics(ending: RunResult, alerts: Alerts, health: Health) -> None:
    from vokcrawl.monitors.metrics import write_metrics  # noqa: PLC0415

    write_metrics(ending.folder / Path(alerts.metrics_file), ending, health)
