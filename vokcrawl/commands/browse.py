"""`scrapy browse`: opens the archive in a web browser."""

from __future__ import annotations

import argparse
from pathlib import Path

from typing_extensions import override

from vokcrawl.cli import FolderCommand, complain, say
from vokcrawl.config.values import InvalidValue, read_value
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.utils.program import install_command
from vokcrawl.utils.temp_directory import temporary_directory
from vokcrawl.utils.terminal import flush_output

_PORT = 8001
_PORT_PHRASE = "a port number from 0 to 65535"


class Command(FolderCommand):
    """Serves until Ctrl-C, on the loopback interface, and can run during a crawl. See docs/browse.md."""

    @override
    def short_desc(self) -> str:
        return "Open the archive in a web browser"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--port", default=str(_PORT), metavar="N", help=f"port; 0 means any free one (default: {_PORT})"
        )

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        port = read_value("--port", _parse_port, opts.port, _PORT_PHRASE)
        folder = self.existing_folder()
        # Imported late, because other commands do not need Datasette.
        try:
            from vokcrawl.browse.database import BrowseDatabase  # noqa: PLC0415
            from vokcrawl.browse.pages import Pages  # noqa: PLC0415
            from vokcrawl.browse.server import HOST, listening, serve  # noqa: PLC0415
        except ImportError as missing:
            raise UsageError(f"{missing.name} is not installed; run `{install_command('browse')}`") from missing
        with temporary_directory("vokcrawl-browse-") as spare, listening(port) as bound:
            database = BrowseDatabase(folder, Path(spare))
            database.refresh(self.progress)
            if not database.persistent:
                complain("browse", f"{folder.path}: cannot save the database there; using a temporary one")
            self.progress.close()
            say(f"http://{HOST}:{bound.getsockname()[1]}/ shows {folder.path}; Ctrl-C ends it")
            flush_output()
            serve(bound, database, Pages(folder, f"{self.options.source} archive"), self._report)
        return ExitCode.OK

    @staticmethod
    def _report(failure: Exception) -> None:
        complain("browse", f"new records are not shown: {failure}")


def _parse_port(value: str) -> int:
    port = int(value) if value.isascii() and value.isdigit() and len(value) < 6 else -1
    if not 0 <= port <= 65_535:
        raise InvalidValue
    return port
