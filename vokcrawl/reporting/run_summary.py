"""The run summary: what a terminal shows when a crawl ends. Pure: outcome and manifest in, lines out."""

from __future__ import annotations

from collections.abc import Iterator

from vokcrawl.errors import ExitCode
from vokcrawl.normalize import parse_utc
from vokcrawl.reporting.backfill import describe_backfill
from vokcrawl.reporting.outcome_help import outcome_help
from vokcrawl.storage.manifest import Manifest
from vokcrawl.utils.humanize import format_duration, pluralize
from vokcrawl.utils.terminal import harmless

# Error reasons that are listed; the others are counted.
_MAX_REASONS = 5


def run_summary(
    outcome: str, code: ExitCode, manifest: Manifest | None, revised: int, paused: float
) -> Iterator[tuple[str, str]]:
    """The lines of the summary, each with a rich style.

    `manifest` is None if it could not be written. `revised` articles are later versions; `paused` is the number of
    seconds for which requests were paused because the site refused them.
    """
    style = {ExitCode.OK: "bold green", ExitCode.INTERRUPTED: "bold"}.get(code, "bold red")
    name = f"Run {manifest.run_id}: " if manifest is not None else ""
    yield f"{name}{outcome} (exit code {code})", style
    outcome_text = outcome_help(outcome)
    if outcome_text is not None:
        yield f"  {outcome_text.meaning}", ""
    if manifest is not None:
        for line in _figures(manifest, revised, paused):
            yield f"  {harmless(line)}", ""
    if outcome_text is not None:
        yield f"  next: {outcome_text.next}", ""


def _figures(manifest: Manifest, revised: int, paused: float) -> Iterator[str]:
    counts = manifest.counts
    new = pluralize(counts.get("articles", 0) - revised, "new article")
    delivered = f"{new}, {revised:,} revised, {counts.get('removals', 0):,} removed, "
    yield delivered + pluralize(counts.get("teasers", 0), "new teaser")
    if manifest.pages is not None and manifest.ended_at is not None:
        began, ended = parse_utc(manifest.started_at), parse_utc(manifest.ended_at)
        duration = format_duration((ended - began).total_seconds())
        waited = f", {format_duration(paused)} of it paused because the site refused requests" if paused else ""
        read, requests = pluralize(manifest.pages.read, "page"), pluralize(manifest.requests or 0, "request")
        yield f"{read} read, {manifest.pages.failed:,} failed; {requests} in {duration}{waited}"
    for listing in manifest.listings:
        if listing.backfill is not None:
            yield f"backfill of {listing.url}: {describe_backfill(listing.backfill)}"
    errors = sorted(manifest.errors.items(), key=lambda each: -each[1].count)
    if errors:
        listed = ", ".join(f"{reason} ({error.count:,})" for reason, error in errors[:_MAX_REASONS])
        more = f", and {len(errors) - _MAX_REASONS} more reasons" if len(errors) > _MAX_REASONS else ""
        yield f"errors: {listed}{more}; docs/operations.md explains each"
    if retries := manifest.pending_retries:
        first = min(each.next_attempt_at for each in retries)
        yield f"retry queue: {pluralize(manifest.retries, 'article')}, next attempt at {first}"
