"""`scrapy browse`: opens the archive in a web browser."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from vokcrawl.cli import FolderCommand, complain, say
from vokcrawl.config.values import InvalidValue, read_value
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.utils.humanize import format_size, pluralize
from vokcrawl.utils.program import missing_package
from vokcrawl.utils.temp_directory import temporary_directory
from vokcrawl.utils.terminal import flush_output

if TYPE_CHECKING:
    from vokcrawl.browse.frozen_site import FrozenSite
    from vokcrawl.browse.others import OtherArchive

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
        add = parser.add_argument
        add("--port", metavar="N", help=f"port; 0 means any free one (default: {_PORT})")
        others = "another output directory, in which the same stories are looked for; may be given several times"
        add("--with", dest="others", action="append", default=[], metavar="DIR", help=others)
        add("--freeze", metavar="DIR", help="write the pages to a directory, as a static site, instead of serving them")
        add("--captures", action="store_true", help="with --freeze: also write the captured pages, which are large")

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        if opts.freeze is not None and opts.port is not None:
            raise UsageError("--port: nothing is served with --freeze; omit one of them")
        if opts.captures and opts.freeze is None:
            raise UsageError("--captures: applies to a static site; give its directory with --freeze")
        port = read_value("--port", _parse_port, opts.port or str(_PORT), _PORT_PHRASE)
        folder = self.existing_folder()
        others = [_other_folder(name, folder) for name in opts.others]
        # Imported late, because other commands do not need Datasette.
        try:
            from vokcrawl.browse.frozen_site import FrozenSite  # noqa: PLC0415
            from vokcrawl.browse.pages import Pages  # noqa: PLC0415
            from vokcrawl.browse.server import HOST, listening, serve  # noqa: PLC0415
        except ImportError as missing:
            raise UsageError(f"needs {missing_package(missing.name, 'datasette')}") from missing
        title = f"{self.options.source} archive"
        with ExitStack() as stack:
            spare = stack.enter_context(temporary_directory("vokcrawl-browse-"))
            if opts.freeze is not None:
                own, *archives = self._archives([folder, *others], Path(spare))
                return self._freeze(FrozenSite(opts.freeze, own, title, archives, captures=opts.captures))
            # The port first: the databases may take a minute.
            bound = stack.enter_context(listening(port))
            own, *archives = self._archives([folder, *others], Path(spare))
            self.progress.close()
            say(f"http://{HOST}:{bound.getsockname()[1]}/ shows {folder.path}; Ctrl-C ends it")
            flush_output()
            databases = [each.database for each in (own, *archives)]
            serve(bound, databases, Pages(folder, title, archives), self._report)
        return ExitCode.OK

    def _archives(self, folders: list[OutputFolder], spare: Path) -> list[OtherArchive]:
        """Return the archives with their databases, which are built where they are not up to date."""
        from vokcrawl.browse.database import BrowseDatabase  # noqa: PLC0415  as above
        from vokcrawl.browse.others import OtherArchive  # noqa: PLC0415
        from vokcrawl.browse.rendering import ArticlePages  # noqa: PLC0415

        archives = []
        for number, folder in enumerate(folders):
            database = BrowseDatabase(folder, spare / str(number))
            database.refresh(self.progress)
            if not database.persistent:
                complain("browse", f"{folder.path}: cannot save the database there; using a temporary one")
            archives.append(OtherArchive(folder, database, ArticlePages(folder)))
        return archives

    def _freeze(self, site: FrozenSite) -> ExitCode:
        done = site.write(self.progress)
        self.progress.close()
        written = (
            f"{pluralize(done.written, 'file')} written, {format_size(done.bytes)}" if done.written else "up to date"
        )
        say(f"{site.index}: {pluralize(done.articles, 'article')}; {written}")
        if not done.unreadable:
            return ExitCode.OK
        pages = pluralize(len(done.unreadable), "captured page")
        complain("browse", f"{pages} could not be read, for example {done.unreadable[0]}")
        return ExitCode.INCOMPLETE

    @staticmethod
    def _report(failure: Exception) -> None:
        complain("browse", f"new records are not shown: {failure}")


def _parse_port(value: str) -> int:
    port = int(value) if value.isascii() and value.isdigit() and len(value) < 6 else -1
    if not 0 <= port <= 65_535:
        raise InvalidValue
    return port


def _other_folder(name: str, own: OutputFolder) -> OutputFolder:
    """Return the output directory of `--with`. Raises `UsageError` if it is none, or the one that is shown."""
    other = OutputFolder(name)
    if not other.runs.is_dir():
        raise UsageError(f"--with: {name}: contains no output of a run; give the output directory of another crawl")
    if other.path.resolve() == own.path.resolve():
        raise UsageError(f"--with: {name}: is the directory that is shown; give that of another crawl")
    return other
