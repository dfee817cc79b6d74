"""Decides whether to send a notification, and composes its text. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from vokcrawl.monitors.ending import RunResult
from vokcrawl.monitors.health import Alarm, Health
from vokcrawl.normalize import parse_utc
from vokcrawl.utils.terminal import harmless

SCHEMA = "vokcrawl.alert/1"
# Maximum number of error reasons in the text.
_MAX_REASONS = 5
_MAX_LINE = 500


class Kind(StrEnum):
    """Why a notification is sent."""

    ALARM = "alarm"
    """A monitor fires about which nobody was notified yet."""
    REMINDER = "reminder"
    """Monitors still fire."""
    RECOVERED = "recovered"
    """No monitor fires any more."""


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification about the alarms of a run, for people (`subject`, `text`) and programs (`payload`)."""

    kind: Kind
    ending: RunResult
    host: str
    alarms: Sequence[Alarm]
    recovered: Sequence[str] = ()

    @property
    def subject(self) -> str:
        """One line."""
        names = ", ".join([alarm.monitor for alarm in self.alarms] or self.recovered)
        return _line(f"vokcrawl, {self.ending.source}: {self.kind}: {names}")

    @property
    def text(self) -> str:
        """A few lines of plain text without markup. Control characters from pages are escaped."""
        ending = self.ending
        records = ", ".join(f"{count} {kind}" for kind, count in sorted(ending.counts.items())) or "no records"
        errors = sorted(ending.errors.items(), key=lambda each: -each[1])[:_MAX_REASONS]
        run = f"Run {ending.run_id}" if ending.run_id else "A run that could not start"
        lines = [self.subject]
        lines += [f"- {alarm.monitor} (since {alarm.since}): {alarm.message}" for alarm in self.alarms]
        lines.append(f"{run} on {self.host}: {ending.outcome}, {records}")
        if errors:
            lines.append("Errors: " + ", ".join(f"{reason} {count}" for reason, count in errors))
        lines.append(f"Manifest: {manifest_path(ending)}" if ending.run_id else f"Directory: {ending.folder}")
        return "\n".join(map(_line, lines))

    @property
    def payload(self) -> dict[str, Any]:
        """The same as a JSON object."""
        ending = self.ending
        return {
            "schema": SCHEMA,
            "kind": self.kind,
            "text": self.text,
            "source": ending.source,
            "host": self.host,
            "run_id": ending.run_id,
            "outcome": ending.outcome,
            "exit_code": int(ending.exit_code),
            "counts": ending.counts,
            "errors": ending.errors,
            "alarms": [alarm.model_dump() for alarm in self.alarms],
            "recovered": list(self.recovered),
            "manifest": manifest_path(ending),
        }


def manifest_path(ending: RunResult) -> str | None:
    """Return the absolute path of the run's manifest; None if it wrote none."""
    return str((ending.folder / "runs" / f"{ending.run_id}.json").absolute()) if ending.manifest else None


def notification_for(
    before: Health, alarms: Sequence[Alarm], ending: RunResult, host: str, repeat_hours: int
) -> Notification | None:
    """Return the notification that is due, given the health before this run; None if none is.

    A new alarm is due at once, a reminder after `repeat_hours` (0: at each run), and the recovery once.
    """
    firing = {alarm.monitor for alarm in alarms}
    if firing - set(before.notified):
        return Notification(Kind.ALARM, ending, host, alarms)
    if firing and _is_older(before.notified_at, ending.ended, repeat_hours):
        return Notification(Kind.REMINDER, ending, host, alarms)
    if before.notified and not firing:
        return Notification(Kind.RECOVERED, ending, host, (), before.notified)
    return None


def alarms_of(fired: Mapping[str, str], before: Health, now: str) -> list[Alarm]:
    """Return the messages of firing monitors as alarms, with the time since when each has been firing."""
    since = {alarm.monitor: alarm.since for alarm in before.alarms}
    return [Alarm(monitor=name, message=_line(message), since=since.get(name, now)) for name, message in fired.items()]


def _is_older(moment: str | None, now: datetime, hours: int) -> bool:
    try:
        age = now - parse_utc(moment or "")
    except ValueError:
        return True
    # A time in the future was written while the clock was wrong.
    return age >= timedelta(hours=hours) or age < timedelta(0)


def _line(text: str) -> str:
    return harmless(text)[:_MAX_LINE]
