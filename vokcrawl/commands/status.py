"""`scrapy status`: how the output folder stands, in words or as JSON; `--changes` lists revisions and removals."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from vokcrawl.cli import FolderCommand, say
from vokcrawl.errors import ExitCode
from vokcrawl.items import REMOVAL
from vokcrawl.reporting.outcome_help import outcome_help
from vokcrawl.utils.humanize import format_size, pluralize
from vokcrawl.utils.program import PROGRAM

# So many gaps and debts are named; more are counted.
_MOST = 10


class Command(FolderCommand):
    """Reads only; may run beside a crawl."""

    def short_desc(self) -> str:
        return "Tell how the output folder stands"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--changes", action="store_true", help="list later versions of articles, and removals")
        parser.add_argument("--json", action="store_true", help="tell it as JSON, for programs")

    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        # Scrapy imports all commands to run one: others need not pay for what reads records.
        from vokcrawl.reporting.revision_diff import changes  # noqa: PLC0415
        from vokcrawl.reporting.status import status  # noqa: PLC0415

        if opts.changes:
            for record in changes(self.existing_folder()):
                say(json.dumps(record, ensure_ascii=False) if opts.json else _change(record))
            return ExitCode.OK
        with self.state() as state:
            told = status(self.folder, state, datetime.now(UTC))
        say(json.dumps(told, ensure_ascii=False, indent=2) if opts.json else "\n".join(_words(told)))
        return ExitCode.OK


def _words(told: dict[str, Any]) -> Iterator[str]:
    days = f", shown from {told['first_day']} to {told['last_day']}" if told["first_day"] else ""
    articles, revised = pluralize(told["articles"], "article"), pluralize(told["revised"], "article")
    yield f"{told['output_dir']}: {articles} ({told['removed']} of them removed by the site){days}"
    yield f"{pluralize(told['teasers'], 'teaser')}, {revised} revised, {format_size(told['disk']['total'])}"
    run = told["last_run"]
    yield f"Last run: {run['run_id']}, {run['outcome']}" if run else "No run yet"
    if run and (said := outcome_help(run["outcome"])):
        yield f"  {said.meaning}; {said.next}"
    if not told["listings"]:
        yield "No listing has had a complete walk yet: the next run walks to the end"
    for row in told["listings"]:
        bound = f", back to {row['back_to']}" if row["back_to"] else ""
        yield f"Last complete walk of {row['url']}: {row['last_complete_walk']}{bound}; last sweep {row['last_sweep']}"
    yield f"Owed: {len(told['owed']) or 'nothing'}"
    for owed in told["owed"][:_MOST]:
        times = pluralize(owed["attempts"], "time")
        yield f"  {owed['url']}: {owed['reason']}, asked for {times}, next at {owed['next_at']}"
    yield from _more(len(told["owed"]))
    yield f"Gaps, days without an article: {len(told['gaps']) or 'none'}"
    for gap in told["gaps"][-_MOST:]:
        yield f"  {gap['from']}" + (f" to {gap['to']}" if gap["to"] != gap["from"] else "")
    yield from _more(len(told["gaps"]), "earlier")


def _more(all_of_them: int, which: str = "more") -> Iterator[str]:
    if all_of_them > _MOST:
        yield f"  and {all_of_them - _MOST} {which}; `{PROGRAM} status --json` has all"


def _change(record: dict[str, Any]) -> str:
    if record["schema"] == REMOVAL:
        return f"{record['confirmed_at']}  removed ({record['status']})  {record['url']}"
    changed = ", ".join(record["changed"]) or "back after its removal"
    return f"{record['fetched_at']}  revision {record['revision']} ({changed})  {record['url']}"
