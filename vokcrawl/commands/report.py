"""`scrapy report`: the archive as one page for people, `report.html`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from typing_extensions import override

from vokcrawl.cli import FolderCommand, complain, say
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.exports.formats import translate_export_errors
from vokcrawl.exports.target import checked_target, replacing
from vokcrawl.utils.humanize import format_size, pluralize
from vokcrawl.utils.program import install_command

# What every report begins with; another file is not written over.
_MARK = b'content="vokcrawl report"'


class Command(FolderCommand):
    """Reads only delivered files, and works beside a crawl. Exit code 10 when something in them could not be read."""

    @override
    def syntax(self) -> str:
        return "[options]"

    @override
    def short_desc(self) -> str:
        return "Write a page that shows how the archive stands, for people"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--to", metavar="FILE", help="where to write it (default: report.html in the output folder)"
        )

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        if args:
            raise UsageError(f"{args[0]!r}: no argument is taken; name the page with --to FILE")
        folder = self.existing_folder()
        target = checked_target(opts.to or str(folder.path / "report.html"), folder, overwrite=True)
        _refuse_another_file(target)
        # Imported late: matplotlib costs a second, and other commands need neither it nor Jinja2.
        try:
            from vokcrawl.reporting.report.contents import contents  # noqa: PLC0415
            from vokcrawl.reporting.report.page import page  # noqa: PLC0415
        except ImportError as missing:
            raise UsageError(f"{missing.name} is not installed; run `{install_command('report')}`") from missing
        with self.state() as state:
            told = contents(folder, state, self.options.source, datetime.now(UTC))
        content = page(told)
        with replacing(target, overwrite=True) as part, translate_export_errors(target):
            part.write_bytes(content)
        say(f"{target}: {pluralize(told.status['articles'], 'article')}, {format_size(len(content))}")
        if told.faults:
            named = told.notices[0].detail[0]
            complain("report", f"{pluralize(told.faults, 'fault')} in what was delivered, told on the page: {named}")
            return ExitCode.INCOMPLETE
        return ExitCode.OK


def _refuse_another_file(target: Path) -> None:
    if target.exists() and not _may_be_replaced(target):
        raise UsageError(f"{target}: it is there already, and no report; move it away, or name another with --to")


def _may_be_replaced(target: Path) -> bool:
    """Whether it is an earlier report, or empty. A pipe or a device is neither, and to read one may take for ever."""
    if not target.is_file():
        return False
    with translate_export_errors(target), target.open("rb") as file:
        begin = file.read(2_000)
    return not begin or _MARK in begin
