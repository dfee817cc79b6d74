"""`scrapy export --to FILE`: the archive, or a part of it, as one file for other tools."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from vokcrawl.cli import FolderCommand, complain, say
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.exports.selection import WHATS, Selection

# Scrapy imports all commands to run one: others need not pay for what writes files.
if TYPE_CHECKING:
    from vokcrawl.exports.export import Exported


class Command(FolderCommand):
    """Reads only what is whole, so it may run beside a crawl. docs/exports.md."""

    def short_desc(self) -> str:
        return "Write the archive as Parquet, SQLite, CSV or compressed JSONL"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("--to", metavar="FILE", help="the file; its ending says the form: .parquet, .sqlite, .csv, .jsonl.zst")
        add("--what", metavar="WHAT", help=f"{', '.join(WHATS)} (default: current; a .sqlite holds all kinds)")
        add("--since", metavar="DAY", help="only what the site shows under this day or a later one (YYYY-MM-DD)")
        add("--until", metavar="DAY", help="only what the site shows under this day or an earlier one")
        add("--as-of", metavar="DAY", help="the archive as it stood at the end of that day (UTC)")
        add("--overwrite", action="store_true", help="replace the file if it exists")
        add(
            "--skip-damaged",
            action="store_true",
            help="go on without lines that are damaged; ends with 10 if there are any",
        )
        add("--no-near-duplicates", action="store_true", help="do not look for articles that tell the same story")
        add(
            "--spreadsheet", action="store_true", help="CSV that a spreadsheet may open: no cell is taken for a formula"
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        from vokcrawl.exports.export import Export  # noqa: PLC0415

        if args or not opts.to:
            raise UsageError("name one file with --to: `scrapy export --to current.parquet`")
        selection = Selection.read(vars(opts))
        done = Export(
            opts.to,
            selection,
            overwrite=opts.overwrite,
            skip_damaged=opts.skip_damaged,
            near_duplicates=not opts.no_near_duplicates,
            spreadsheet=opts.spreadsheet,
        ).write(self.existing_folder())
        _tell(done, selection)
        return ExitCode.INCOMPLETE if done.damaged else ExitCode.OK


def _tell(done: Exported, selection: Selection) -> None:
    for line in done.damaged:
        complain("export", f"{line}; passed over")
    if selection.without_day:
        complain("export", f"{selection.without_day} records without a day were left out, for a day was asked for")
    rows = ", ".join(f"{count} {what}" for what, count in done.rows.items())
    near = f"; {done.near} near duplicates are marked" if done.near else ""
    say(f"{done.target}: {rows}; {done.bytes} bytes{near}")
