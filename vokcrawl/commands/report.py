"""`scrapy report`: writes an HTML report, `report.html`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from typing_extensions import override

from vokcrawl.cli import FolderCommand, complain, say
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.exports.formats import translate_export_errors
from vokcrawl.exports.target import checked_target, replacing
from vokcrawl.utils.humanize import format_size, pluralize
from vokcrawl.utils.program import missing_package

# The marker of a report; other files are not overwritten.
_MARK = b'content="vokcrawl report"'


class Command(FolderCommand):
    """Can run during a crawl. The exit code is 10 if some of the delivered files could not be read."""

    takes_arguments = True

    @override
    def syntax(self) -> str:
        return "[options]"

    @override
    def short_desc(self) -> str:
        return "Write an HTML report on the output directory"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--to", metavar="FILE", help="output file (default: report.html in the output directory)")
        copy = "address of the archive's own pages, to link to them: a frozen site, or `http://127.0.0.1:8001/`"
        parser.add_argument("--copy", metavar="URL", help=copy)

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        if args:
            raise UsageError(f"{args[0]!r}: unexpected argument; give the output file with --to FILE")
        copy = None if opts.copy is None else _copy_address(opts.copy)
        folder = self.existing_folder()
        target = checked_target(opts.to or str(folder.path / "report.html"), folder, overwrite=True)
        _refuse_another_file(target)
        # Imported late: importing matplotlib takes a second, and other commands need neither it nor Jinja2.
        try:
            from vokcrawl.reporting.report.contents import contents  # noqa: PLC0415
            from vokcrawl.reporting.report.page import page  # noqa: PLC0415
        except ImportError as missing:
            raise UsageError(f"needs {missing_package(missing.name, 'report')}") from missing
        with self.state() as state:
            report = contents(folder, state, self.options.source, datetime.now(UTC), self.progress)
        content = page(report, copy)
        with replacing(target, overwrite=True) as part, translate_export_errors(target):
            part.write_bytes(content)
        say(f"{target}: {pluralize(report.status['articles'], 'article')}, {format_size(len(content))}")
        if report.faults:
            first = report.notices[0].detail[0]
            faults = pluralize(report.faults, "fault")
            complain("report", f"{faults} in delivered files, listed in the report; the first one: {first}")
            return ExitCode.INCOMPLETE
        return ExitCode.OK


def _copy_address(given: str) -> str:
    """Return the address of our own pages with a slash at its end. Raises `UsageError` for another kind of address."""
    parts = urlsplit(given)
    absolute = parts.scheme in ("http", "https") and parts.netloc
    relative = not parts.scheme and not parts.netloc and parts.path
    if not (absolute or relative) or parts.query or parts.fragment or not given.isprintable():
        raise UsageError(
            f"--copy: {given!r} is not an http(s) URL or a path from the report to a frozen site, for example site/"
        )
    return given if given.endswith("/") else f"{given}/"


def _refuse_another_file(target: Path) -> None:
    if target.exists() and not _may_be_replaced(target):
        raise UsageError(f"{target}: already exists and is not a report; move it away, or give another file with --to")


def _may_be_replaced(target: Path) -> bool:
    """Return whether it is an earlier report, or empty. Pipes and devices are not read, because that may block."""
    if not target.is_file():
        return False
    with translate_export_errors(target), target.open("rb") as file:
        begin = file.read(2_000)
    return not begin or _MARK in begin
