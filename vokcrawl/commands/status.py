"""`scrapy status`: the state of the output directory, as text or JSON; `--changes` lists revisions and removals."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from typing_extensions import override

from vokcrawl.cli import FolderCommand, say
from vokcrawl.errors import ExitCode
from vokcrawl.items import REMOVAL
from vokcrawl.reporting.backfill import describe_backfill
from vokcrawl.reporting.outcome_help import outcome_help
from vokcrawl.utils.humanize import format_size, pluralize
from vokcrawl.utils.program import PROGRAM

# Gaps and retries that are listed; the others are counted.
_MAX_LISTED = 10


class Command(FolderCommand):
    """Reads only; may run beside a crawl."""

    @override
    def short_desc(self) -> str:
        return "Show the state of the output directory"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--changes", action="store_true", help="list revisions of articles, and removals")
        parser.add_argument("--json", action="store_true", help="print machine-readable JSON")

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        # Scrapy imports all commands to run one, so expensive imports are local.
        from vokcrawl.reporting.revision_diff import changes  # noqa: PLC0415
        from vokcrawl.reporting.status import status  # noqa: PLC0415

        if opts.changes:
            for record in changes(self.existing_folder()):
                say(json.dumps(record, ensure_ascii=False) if opts.json else _change(record))
            return ExitCode.OK
        with self.state() as state:
            found = status(self.folder, state, datetime.now(UTC))
        say(json.dumps(found, ensure_ascii=False, indent=2) if opts.json else "\n".join(_text(found)))
        return ExitCode.OK


def _text(found: dict[str, Any]) -> Iterator[str]:
    days = f", shown from {found['first_day']} to {found['last_day']}" if found["first_day"] else ""
    articles, revised = pluralize(found["articles"], "article"), pluralize(found["revised"], "article")
    yield f"{found['output_dir']}: {articles} ({found['removed']} of them removed by the site){days}"
    yield f"{pluralize(found['teasers'], 'teaser')}, {revised} revised, {format_size(found['disk']['total'])}"
    run = found["last_run"]
    yield f"Last run: {run['run_id']}, {run['outcome']}" if run else "No run yet"
    if run and (said := outcome_help(run["outcome"])):
        yield f"  {said.meaning}; {said.next}"
    for each in found["backfills"]:
        yield f"Backfill of {each['url']}: {describe_backfill(each)}"
    if not found["listings"] and not found["backfills"]:
        yield "No complete crawl of a listing yet: the next run paginates to the end"
    for row in found["listings"]:
        bound = f", back to {row['covered_since']}" if row["covered_since"] else ""
        yield f"Last complete crawl of {row['url']}: {row['completed_at']}{bound}; last rescan {row['rescanned_at']}"
    yield f"Retry queue: {len(found['pending_retries']) or 'empty'}"
    for retry in found["pending_retries"][:_MAX_LISTED]:
        attempts = pluralize(retry["attempts"], "attempt")
        yield f"  {retry['url']}: {retry['reason']}, {attempts}, next at {retry['next_attempt_at']}"
    yield from _more(len(found["pending_retries"]))
    yield from _possibly_removed(found["possibly_removed"])
    yield f"Gaps, days without articles: {len(found['gaps']) or 'none'}"
    for gap in found["gaps"][-_MAX_LISTED:]:
        yield f"  {gap['from']}" + (f" to {gap['to']}" if gap["to"] != gap["from"] else "")
    yield from _more(len(found["gaps"]), "earlier")


def _possibly_removed(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if rows:
        yield f"Possibly removed by the site: {len(rows)}"
    for row in rows[:_MAX_LISTED]:
        yield f"  {row['url']}: {row['status']} since {row['missing_since']}, next check at {row['next_check_at']}"
    yield from _more(len(rows))


def _more(total: int, which: str = "more") -> Iterator[str]:
    if total > _MAX_LISTED:
        yield f"  and {total - _MAX_LISTED} {which}; `{PROGRAM} status --json` has all"


def _change(record: dict[str, Any]) -> str:
    if record["schema"] == REMOVAL:
        return f"{record['confirmed_at']}  removed ({record['status']})  {record['url']}"
    changed = ", ".join(record["changed"]) or "back after its removal"
    return f"{record['fetched_at']}  revision {record['revision']} ({changed})  {record['url']}"
