"""All that is done when a run has ended: monitors look, health file and metrics are written, people are told.

It never raises and never takes long: a run is not worse for what nobody could be told of it.
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
from vokcrawl.monitors.ending import RunResult
from vokcrawl.monitors.health import Health, read_health, write_health
from vokcrawl.monitors.history import History
from vokcrawl.monitors.news import Notification, alarms_of, manifest_of, should_notify
from vokcrawl.normalize import utc
from vokcrawl.policy.outcome import WORDS
from vokcrawl.utils.program import install_command

logger = logging.getLogger(__name__)

_OPTIONAL = f"is not installed ({install_command('monitor')})"


@dataclass
class Findings:
    """What the monitors found: why each one fired, what became of each, and which news were told."""

    looked: bool = False
    fired: dict[str, str] = field(default_factory=dict)
    monitors: dict[str, str] = field(default_factory=dict)
    news: Notification | None = None
    told: bool = False


def report(ending: RunResult, alerts: Alerts) -> None:
    """Does it all, each part whatever became of the others. Never raises.

    What is found is in the log, the health file and the metrics before anybody is told of it: whoever is told may take
    long to answer, and the process may be ended meanwhile.
    """
    path = ending.folder / alerts.health_file
    before = read_health(path)
    in_a_row = before.in_a_row + 1 if before.exit_code == ending.exit_code else 1
    findings = Findings()

    def write() -> None:
        health = _health(ending, alerts, before, in_a_row, findings if findings.looked else None)
        if path.parent.is_dir():
            _safely(f"VOK_HEALTH_FILE: {path}", lambda: write_health(path, health))
        if alerts.metrics_file:
            _safely(f"VOK_METRICS_FILE: {alerts.metrics_file}", lambda: _measure(ending, alerts, health))

    # Somebody stopped it, or a machine that shuts down: that says nothing of the site, and what was told stays.
    if ending.exit_code is not ExitCode.INTERRUPTED:
        _safely("monitors", lambda: _look(ending, alerts, before, in_a_row, findings, write))
    if findings.told or not findings.looked:
        write()


def report_early(failure: VokcrawlError, settings: BaseSettings) -> None:
    """The same for a run that could not begin: the folder is held, or the storage cannot be had.

    Wrong settings are not reported: nothing is done as they say. A watchdog misses the run.
    """
    if failure.exit_code is ExitCode.USAGE:
        return
    options, alerts = Options.read(settings), Alerts.read(settings)
    folder, code = Path(options.output_dir), failure.exit_code
    report(RunResult(folder, options.source, datetime.now(UTC), WORDS[code], code, message=str(failure)), alerts)


def _safely(what: str, work: Callable[[], None]) -> bool:
    try:
        work()
    except ImportError as missing:
        logger.warning("%s: %s %s; the crawl is not affected", what, missing.name, _OPTIONAL)
    except OSError as failure:
        logger.warning("%s: %s; the crawl is not affected", what, failure.strerror or failure)
    except Exception:
        logger.exception("%s: a fault of this program; the crawl is not affected", what)
    else:
        return True
    return False


def _look(
    ending: RunResult, alerts: Alerts, before: Health, in_a_row: int, findings: Findings, write: Callable[[], None]
) -> None:
    """Lets the monitors look, and tells what they found when that is written down."""
    from spidermon import MonitorRunner  # noqa: PLC0415

    from vokcrawl.monitors.actions import actions_of  # noqa: PLC0415
    from vokcrawl.monitors.suite import RunSuite  # noqa: PLC0415

    def noted(result: Any) -> None:
        findings.fired = {
            each.monitor.monitor_name: each.reason or each.error for each in result.monitors_failed_results
        }
        findings.monitors = {each.monitor.monitor_name: _status(each) for each in result.monitor_results}
        alarms = alarms_of(findings.fired, before, utc(ending.ended))
        findings.news = should_notify(before, alarms, ending, socket.gethostname(), alerts.alert_repeat_hours)
        findings.looked = True
        for name, said in findings.fired.items():
            logger.warning("Alarm %s: %s", name, said)
        write()

    result = MonitorRunner().run(
        RunSuite(noted, actions_of(alerts)),
        ending=ending,
        alerts=alerts,
        history=History(ending.folder, ending.ended),
        in_a_row=in_a_row,
        news=lambda: findings.news,
    )
    findings.told = any(each.status == "OK" for each in result.monitors_finished_action_results)


def _status(result: Any) -> str:
    """What became of a monitor, in words."""
    words = {"OK": "content", "FAIL": "fired", "ERROR": "failed", "SKIPPED": str(result.reason)}
    return words.get(result.status, str(result.status))


def _health(ending: RunResult, alerts: Alerts, before: Health, in_a_row: int, findings: Findings | None) -> Health:
    now = utc(ending.ended)
    alarms = alarms_of(findings.fired, before, now) if findings else before.alarms
    ok = ending.exit_code == ExitCode.OK and not alarms
    told, told_at = before.told, before.told_at
    if findings is not None and findings.told and findings.news is not None:
        told, told_at = [alarm.monitor for alarm in findings.news.alarms], now
    elif findings is not None and findings.fired:
        # What has stopped firing is told of again when it comes back.
        told = [name for name in told if name in findings.fired]
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
        manifest=manifest_of(ending),
        last_ok_at=now if ok else before.last_ok_at,
        expected_by=utc(ending.ended + timedelta(hours=hours)) if hours else None,
        alarms=alarms,
        monitors=findings.monitors if findings else before.monitors,
        told=told,
        told_at=told_at,
    )


def _measure(ending: RunResult, alerts: Alerts, health: Health) -> None:
    from vokcrawl.monitors.metrics import write_metrics  # noqa: PLC0415

    write_metrics(ending.folder / Path(alerts.metrics_file), ending, health)
