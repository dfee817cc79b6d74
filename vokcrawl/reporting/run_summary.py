"""What a run tells at its end, for whoever watched it on a terminal. Pure: an outcome and a manifest in, lines out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from vokcrawl.errors import ExitCode
from vokcrawl.reporting.outcome_help import outcome_help
from vokcrawl.utils.humanize import format_duration, pluralize
from vokcrawl.utils.terminal import harmless

# So many reasons of errors are named.
_MOST = 5


def closing(
    outcome: str, code: ExitCode, manifest: Mapping[str, Any] | None, revised: int, paused: float
) -> Iterator[tuple[str, str]]:
    """The lines of the summary, each with its style as rich names it.

    `manifest` is None where it could not be written. `revised` articles are later versions, `paused` are the seconds
    for which the site was left alone because it refused.
    """
    style = {ExitCode.OK: "bold green", ExitCode.INTERRUPTED: "bold"}.get(code, "bold red")
    name = f"Run {manifest['run_id']}: " if manifest is not None else ""
    yield f"{name}{outcome} (exit code {code})", style
    said = outcome_help(outcome)
    if said is not None:
        yield f"  {said.meaning}", ""
    if manifest is not None:
        for told in _figures(manifest, revised, paused):
            yield f"  {harmless(told)}", ""
    if said is not None:
        yield f"  next: {said.next}", ""


def _figures(manifest: Mapping[str, Any], revised: int, paused: float) -> Iterator[str]:
    counts = manifest["counts"]
    new = pluralize(counts.get("articles", 0) - revised, "new article")
    delivered = f"{new}, {revised:,} revised, {counts.get('removals', 0):,} removed, "
    yield delivered + pluralize(counts.get("teasers", 0), "new teaser")
    began, ended = (datetime.fromisoformat(manifest[name]) for name in ("started_at", "ended_at"))
    took = format_duration((ended - began).total_seconds())
    waited = f", {format_duration(paused)} of it left alone because it refused" if paused else ""
    read, failed = pluralize(manifest["pages"]["read"], "page"), manifest["pages"]["failed"]
    yield f"{read} read, {failed:,} not to be had; {pluralize(manifest['requests'], 'request')} in {took}{waited}"
    errors = sorted(manifest["errors"].items(), key=lambda each: -each[1]["count"])
    if errors:
        named = ", ".join(f"{reason} ({told['count']:,})" for reason, told in errors[:_MOST])
        more = f", and {len(errors) - _MOST} more reasons" if len(errors) > _MOST else ""
        yield f"noted: {named}{more}; docs/operating.md explains each"
    owed = manifest["owed"]
    if owed:
        first = min(each["next_at"] for each in owed)
        yield f"owed: {pluralize(len(owed), 'article')}, asked for again from {first} on"
