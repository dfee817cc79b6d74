"""What is worth telling, and in which words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vokcrawl.monitors.ending import RunResult
from vokcrawl.monitors.health import Alarm, Health
from vokcrawl.normalize import parse_utc
from vokcrawl.utils.terminal import harmless

SCHEMA = "vokcrawl.alert/1"
# So many reasons of errors are named.
_MOST_REASONS = 5
_LONGEST_LINE = 500


@dataclass(frozen=True, slots=True)
class Notification:
    """What is told: `kind` is `alarm` (a monitor fired that had not been told of), `reminder` or `recovered`."""

    kind: str
    ending: RunResult
    host: str
    alarms: Sequence[Alarm]
    recovered: Sequence[str] = ()

    @property
    def subject(self) -> str:
        """One line."""
        names = ", ".join(alarm.monitor for alarm in self.alarms) or f"no more {', '.join(self.recovered)}"
        return _line(f"vokcrawl, {self.ending.source}: {self.kind}: {names}")

    @property
    def text(self) -> str:
        """Some lines of plain text, without any markup. Nothing in it comes from a page as it was there."""
        ending = self.ending
        records = ", ".join(f"{count} {kind}" for kind, count in sorted(ending.counts.items())) or "no records"
        errors = sorted(ending.errors.items(), key=lambda each: -each[1])[:_MOST_REASONS]
        lines = [self.subject]
        lines += [f"- {alarm.monitor} (since {alarm.since}): {alarm.message}" for alarm in self.alarms]
        lines.append(f"Run {ending.run_id or 'that could not begin'} on {self.host}: {ending.outcome}, {records}")
        if errors:
            lines.append("Errors: " + ", ".join(f"{reason} {count}" for reason, count in errors))
        lines.append(f"Manifest: {manifest_of(ending)}" if ending.run_id else f"Folder: {ending.folder}")
        return "\n".join(map(_line, lines))

    @property
    def payload(self) -> dict[str, Any]:
        """The same for programs."""
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
            "manifest": manifest_of(ending),
        }


def manifest_of(ending: RunResult) -> str | None:
    """The path of its manifest, where it left one."""
    return str((ending.folder / "runs" / f"{ending.run_id}.json").absolute()) if ending.manifest else None


def should_notify(
    before: Health, alarms: Sequence[Alarm], ending: RunResult, host: str, repeat_hours: int
) -> Notification | None:
    """What is to be told now, given what was told `before`: each alarm once, then again after so many hours.

    That all is well again is told once, too.
    """
    firing = {alarm.monitor for alarm in alarms}
    if firing - set(before.told):
        return Notification("alarm", ending, host, alarms)
    if firing and _is_old(before.told_at, ending.ended, repeat_hours):
        return Notification("reminder", ending, host, alarms)
    if before.told and not firing:
        return Notification("recovered", ending, host, (), before.told)
    return None


def alarms_of(fired: Mapping[str, str], before: Health, now: str) -> list[Alarm]:
    """What fired, by monitor, as alarms that know since when they have been firing."""
    since = {alarm.monitor: alarm.since for alarm in before.alarms}
    return [Alarm(monitor=name, message=_line(said), since=since.get(name, now)) for name, said in fired.items()]


def _is_old(moment: str | None, now: datetime, hours: int) -> bool:
    try:
        age = now - parse_utc(moment or "")
    except ValueError:
        return True
    # One that lies ahead was noted while the clock was wrong.
    return age >= timedelta(hours=hours) or age < timedelta(0)


def _line(text: str) -> str:
    return harmless(text)[:_LONGEST_LINE]
