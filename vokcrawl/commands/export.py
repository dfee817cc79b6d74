"""`scrapy export --to FILE`: the archive, or a part of it, as one file for other tools."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from typing_extensions import override

from vokcrawl.cli import FolderCommand, complain, reject_arguments, say
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.exports.selection import TABLES, Selection
from vokcrawl.utils.humanize import pluralize
from vokcrawl.utils.program import PROGRAM

# Scrapy imports every command to run one; the writers are imported by this command only.
if TYPE_CHECKING:
    from vokcrawl.exports.export import ExportResult


class Command(FolderCommand):
    """Reads complete files only, so it can run during a crawl. See docs/exports.md."""

    takes_arguments = True

    @override
    def short_desc(self) -> str:
        return "Write the archive as Parquet, SQLite, CSV, Excel, JSONL or WACZ"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        # No line of the text may end with a colon: Scrapy's help would take it for a heading.
        extensions = ".parquet, .sqlite, .csv, .xlsx, .jsonl, .jsonl.zst, .wacz"
        formats = f"output file; the extension selects the format ({extensions})"
        add("--to", metavar="FILE", help=formats)
        what = f"{', '.join(TABLES)}; the default is current, and all tables in a .sqlite file"
        add("--what", metavar="WHAT", help=what)
        add("--since", metavar="DAY", help="only records dated this day or later (YYYY-MM-DD)")
        add("--until", metavar="DAY", help="only records dated this day or earlier (YYYY-MM-DD)")
        add("--as-of", metavar="DAY", help="the archive as of the end of this day (UTC)")
        add("--overwrite", action="store_true", help="replace the file if it exists")
        add("--skip-damaged", action="store_true", help="skip damaged lines; the exit code is 10 if there are any")
        add("--no-near-duplicates", action="store_true", help="do not search for near duplicates")
        add("--sign-key", metavar="PEM", help="sign a .wacz file with this elliptic curve key")
        add("--sign-cert", metavar="PEM", help="certificate of the key, followed by those above it")
        add("--spreadsheet", action="store_true", help="make CSV safe for spreadsheets: no formulas, no cell too long")

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        from vokcrawl.exports.export import Export  # noqa: PLC0415

        hint = f"give the output file with --to: `{PROGRAM} export --to current.parquet`"
        reject_arguments(args, hint)
        if not opts.to:
            raise UsageError(hint)
        selection = Selection.read(vars(opts))
        done = Export(
            opts.to,
            selection,
            overwrite=opts.overwrite,
            skip_damaged=opts.skip_damaged,
            near_duplicates=not opts.no_near_duplicates,
            spreadsheet=opts.spreadsheet,
            sign_key=opts.sign_key,
            sign_cert=opts.sign_cert,
        ).write(self.existing_folder(), self.progress)
        _show(done, selection)
        return ExitCode.INCOMPLETE if done.damaged or done.missing_pages else ExitCode.OK


def _show(done: ExportResult, selection: Selection) -> None:
    for line in done.damaged:
        complain("export", f"{line}; skipped")
    if selection.without_day:
        complain("export", f"left out by the date filter: {pluralize(selection.without_day, 'record')} without a day")
    if done.cut_cells:
        columns = ", ".join(f"{count} {column}" for column, count in done.cut_cells.items())
        complain("export", f"texts cut at 32,767 characters, Excel's maximum in a cell: {columns}")
    if done.without_page:
        complain("export", f"left out: {pluralize(done.without_page, 'article')} whose page is not archived")
    if done.missing_pages:
        lost = f"{pluralize(done.missing_pages, 'article')} whose page is missing in the archive"
        complain("export", f"left out: {lost}; run `{PROGRAM} verify`")
    rows = ", ".join(_count(what, count) for what, count in done.rows.items())
    near = f"; {pluralize(done.near_duplicates, 'near duplicate')} marked" if done.near_duplicates else ""
    say(f"{done.target}: {rows}; {done.bytes} bytes{near}")


def _count(what: str, count: int) -> str:
    if what == "current":
        return f"{count:,} current"
    return pluralize(count, "WARC file" if what == "warc_files" else what.removesuffix("s").replace("_", " "))
