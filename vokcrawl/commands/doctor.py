"""`scrapy doctor`: examines what the crawler understands of the site."""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from errno import EISDIR
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from vokcrawl.cli import FolderCommand, say
from vokcrawl.config.browser_program import find_chromium
from vokcrawl.config.values import parse_start_url, read_value
from vokcrawl.errors import ExitCode, UsageError, VokcrawlError
from vokcrawl.storage.output_folder import PART, translate_os_errors, write_whole
from vokcrawl.utils.program import PROGRAM
from vokcrawl.utils.terminal import write_error, write_output

# Imported late, because Scrapy imports all commands to run one.
if TYPE_CHECKING:
    from vokcrawl.doctor.articles import Shown
    from vokcrawl.doctor.captured import Page
    from vokcrawl.doctor.examination import Examination
    from vokcrawl.doctor.months import Month

_NAMES = {"archive": "visit.warc.gz", "json": "doctor.json", "page": "doctor.html"}
_MOST_ARTICLES = 3
# Pages of an archive from which a profile is suggested: the newest.
_MOST_SEEN = 60
_PIPE_WIDTH = 4000
# In a checkout of the project.
_FIXTURES = Path("tests/fixtures/pages")


class BrowserFailedError(VokcrawlError):
    """Chromium failed while it rendered a page. Raised by `doctor --browser`; exit code 10."""

    exit_code = ExitCode.INCOMPLETE


class Command(FolderCommand):
    """Makes a short visit to the site, or examines pages of an archive. Writes no records and no state."""

    takes_arguments = True

    requires_crawler_process = True

    @override
    def syntax(self) -> str:
        return "[options] [URL]"

    @override
    def short_desc(self) -> str:
        return "Examine what the crawler understands of the site"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", metavar="FILE", help="also write all results as JSON (`-`: standard output)")
        parser.add_argument("--archive", metavar="FILE", help="examine an archive (WARC, a directory, or a run id)")
        parser.add_argument("--all", action="store_true", help="with --archive: all pages, as shares by month")
        parser.add_argument(
            "--browser",
            action="store_true",
            help="also use Chromium: click once in a listing that needs it, and compare articles with what it shows",
        )
        parser.add_argument(
            "--suggest", metavar="FILE", help="write a site profile that reads the pages, to be checked"
        )

        parser.add_argument(
            "--save-fixture",
            metavar="NAME",
            help="store the page of an article and its record as a test",
        )

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        if len(args) > 1:
            raise UsageError("expected at most one URL")
        if opts.all and not opts.archive:
            raise UsageError("--all needs --archive FILE")
        if opts.suggest is not None and (not opts.suggest or Path(opts.suggest).exists()):
            raise UsageError(f"--suggest: {opts.suggest!r} exists or is empty; give the name of a new file")
        if opts.browser and (error := self.options.chromium_error()):
            raise UsageError(f"--browser: {error}")
        if opts.json == "":
            raise UsageError("--json: must not be empty; give a file, or - for standard output")
        for option in ("json", "suggest"):
            # Before the site is visited.
            _check_target(option, getattr(opts, option))
        url = read_value("URL", parse_start_url, args[0]) if args else self.options.start_urls[0]
        if opts.save_fixture is not None:
            if not args:
                raise UsageError("--save-fixture needs the URL of an article")
            return self._save_fixture(url, opts.save_fixture, opts.archive)
        if opts.archive:
            result, months, seen = self._examine_archive(url, opts.archive, opts.all, opts.browser)
            self._print(result, months, opts.json)
            self._suggest(result, seen, opts.suggest)
        else:
            with self._new_directory() as place:
                result, seen = self._visit(url, place, opts.browser)
                self._keep(place, result)
            self._print(result, [], opts.json)
            self._suggest(result, seen, opts.suggest)
        return result.code

    # The visit

    @contextmanager
    def _new_directory(self) -> Iterator[Path]:
        """A directory for the results that gets its name when they are complete. Raises `StorageError`."""
        parent = self.folder.path / "doctor"
        name = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        place = parent / f"{name}-{os.getpid()}.part"
        with translate_os_errors(place):
            place.mkdir(parents=True)
        try:
            yield place
            final = parent / name
            number = 1
            while final.exists():
                number += 1
                final = parent / f"{name}-{number}"
            with translate_os_errors(final):
                place.rename(final)
            write_error(f"{PROGRAM} doctor: {final} has the archive, the results, and a page to read\n")
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _visit(self, url: str, place: Path, browser: bool) -> tuple[Examination, list[Page]]:
        from vokcrawl.doctor.examination import examine, finish  # noqa: PLC0415
        from vokcrawl.doctor.visit import MAX_REQUESTS, make_visit  # noqa: PLC0415

        if self.options.state == "redis":
            raise UsageError("doctor runs in one process; select another profile than SCRAPY_PROJECT=distributed")
        if self.crawler_process is None or self.settings is None:
            raise RuntimeError("Scrapy gave this command no crawler process")
        in_chromium = browser or self.options.browser == "playwright"
        visit = make_visit(self.crawler_process, url, place / "crawl", progress=self.progress, browser=in_chromium)
        result = self._examination(url)
        result.requests, result.visit = visit.requests, visit.manifest
        result.browser, result.refusal = visit.browser, visit.refusal
        pages = self._captured([url])
        seen: list[Page] = []
        if visit.archives:
            from vokcrawl.storage.output_folder import OutputFolder  # noqa: PLC0415

            seen = list(pages.read([str(each) for each in visit.archives], OutputFolder(str(place / "crawl"))))
            with self._shown(browser) as shown:
                examine(lambda: seen, result, self.settings["USER_AGENT"], MAX_REQUESTS, shown)
            with translate_os_errors(place):
                shutil.move(visit.archives[0], place / _NAMES["archive"])
        result.faults, result.other_hosts = pages.faults, dict(pages.others)
        finish(result, visit.delay)
        shutil.rmtree(place / "crawl", ignore_errors=True)
        return result, seen

    def _keep(self, place: Path, result: Examination) -> None:
        from vokcrawl.doctor.printing import as_html  # noqa: PLC0415

        with translate_os_errors(place):
            (place / _NAMES["json"]).write_text(_json(result, []), encoding="utf-8")
            (place / _NAMES["page"]).write_text(as_html(result), encoding="utf-8")

    # Archives

    def _examine_archive(
        self, url: str, archive: str, whole: bool, browser: bool
    ) -> tuple[Examination, list[Month], list[Page]]:
        from vokcrawl.doctor.examination import examine, finish  # noqa: PLC0415
        from vokcrawl.doctor.months import by_month  # noqa: PLC0415

        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        result = self._examination(url)
        pages = self._captured([url, *self.options.start_urls])
        most = None if whole else _MOST_ARTICLES
        seen: list[Page] = []
        agent = self.settings["USER_AGENT"]
        self.progress.begin("reading pages")
        with self._shown(browser) as shown:
            examine(lambda: self._counted(_kept(pages.read([archive], self.folder), seen)), result, agent, most, shown)
        self.progress.hide()
        result.faults, result.other_hosts = pages.faults, dict(pages.others)
        if not (result.listings or result.articles):
            hosts = ", ".join(f"{name} ({count})" for name, count in pages.others.most_common(3)) or "none"
            raise UsageError(
                f"--archive: {archive} has no page of {', '.join(sorted(pages.site.schemes))}; it has: {hosts}"
            )
        finish(result, self.settings.getfloat("DOWNLOAD_DELAY"))
        return result, by_month(result.articles, result.listings) if whole else [], seen

    @contextmanager
    def _shown(self, browser: bool) -> Iterator[Shown | None]:
        """What renders pages in Chromium; None where that is not wanted."""
        if not browser:
            yield None
            return
        from vokcrawl.doctor.shown_text import ChromiumFailed, ShownText  # noqa: PLC0415

        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        program, memory = find_chromium(self.options.chromium) or "", self.options.browser_memory
        try:
            with ShownText(
                program, self.settings["USER_AGENT"], memory, self.settings.getint("DOWNLOAD_MAXSIZE")
            ) as shown:
                yield shown
        except ChromiumFailed as failure:
            raise BrowserFailedError(f"--browser: Chromium ({program}) failed: {failure}") from failure

    def _counted(self, pages: Iterable[Page]) -> Iterator[Page]:
        for page in pages:
            self.progress.advance()
            yield page

    def _examination(self, url: str) -> Examination:
        from vokcrawl.doctor.examination import Examination  # noqa: PLC0415
        from vokcrawl.pages.profile import site, use_files  # noqa: PLC0415

        use_files(self.options.site_profile)
        digest = site().digest
        return Examination(url, self.options.source, f"{site().name} {digest[:12]}".strip())

    def _captured(self, urls: list[str]) -> Any:
        from vokcrawl.doctor.captured import CapturedPages  # noqa: PLC0415
        from vokcrawl.normalize import schemes_of  # noqa: PLC0415
        from vokcrawl.replay.extraction import Site  # noqa: PLC0415

        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        largest = self.settings.getint("DOWNLOAD_MAXSIZE")
        return CapturedPages(Site(schemes_of(urls), largest, self.options.site_profile), largest + (1 << 20))

    # Fixtures

    def _save_fixture(self, url: str, name: str, archive: str | None) -> ExitCode:
        from vokcrawl.doctor.fixtures import check_target, save_fixture  # noqa: PLC0415
        from vokcrawl.doctor.visit import make_visit  # noqa: PLC0415
        from vokcrawl.normalize import article_id  # noqa: PLC0415
        from vokcrawl.pages.profile import use_files  # noqa: PLC0415
        from vokcrawl.storage.output_folder import OutputFolder  # noqa: PLC0415

        use_files(self.options.site_profile)
        target, identity = check_target(name, _FIXTURES), article_id(url)
        if identity is None:
            raise UsageError(f"--save-fixture: {url} is not the URL of an article")
        pages = self._captured([url])
        code = ExitCode.INCOMPLETE
        with TemporaryDirectory(prefix="vokcrawl-doctor-") as place:
            archives, folder = [archive], self.folder
            if archive is None:
                if self.crawler_process is None:
                    raise RuntimeError("Scrapy gave this command no crawler process")
                visit = make_visit(self.crawler_process, url, Path(place), requests=1, progress=self.progress)
                archives, folder = [str(each) for each in visit.archives], OutputFolder(place)
                if visit.manifest is not None and visit.manifest.exit_code in (ExitCode.BLOCKED, ExitCode.UNREACHABLE):
                    code = ExitCode(visit.manifest.exit_code)
            found = [page for page in pages.read(archives, folder) if page.article == identity] if archives else []
        if not found or found[-1].answer.status != 200:
            status = f" (status {found[-1].answer.status})" if found else ""
            write_error(f"{PROGRAM} doctor: {url} could not be fetched{status}\n")
            return code
        expected = save_fixture(found[-1], target, self.options.site_profile)
        fields = expected.get("record", {})
        say(f"{target}: {', '.join(fields) or expected['fault']}; check expected.json, which the tests compare with")
        return ExitCode.OK

    # Results

    def _suggest(self, result: Examination, pages: list[Page], target: str | None) -> None:
        """Write a profile to a new file, if one is wanted."""
        if target is None:
            return
        from vokcrawl.doctor.suggest import suggest  # noqa: PLC0415

        found = suggest(pages, result.source)
        path = Path(target)
        write_whole(path, found.to_toml(result.start_url).encode())
        missing = f"; not found: {', '.join(found.notes)}" if found.notes else ""
        write_error(
            f"{PROGRAM} doctor: {path} has {len(found.keys)} proposed keys{missing}; compare them with the pages, then "
            f"run this again with VOK_SITE_PROFILE={path}\n"
        )

    def _print(self, result: Examination, months: list[Month], target: str | None) -> None:
        from rich.console import Console  # noqa: PLC0415

        from vokcrawl.doctor.printing import show  # noqa: PLC0415

        if target == "-":
            say(_json(result, months))
            return
        # Not to standard output: rich would end the process with 1 for a closed pipe, with a traceback for a full disk.
        text = io.StringIO()
        is_terminal = sys.stdout.isatty() or None
        # In a file or a pipe no line is broken, so that URLs can be found and copied.
        width = None if is_terminal else _PIPE_WIDTH
        console = Console(
            file=text, force_terminal=is_terminal, width=width, highlight=False, markup=False, emoji=False
        )
        show(result, console, months)
        write_output(text.getvalue())
        if target is not None:
            write_whole(Path(target), _json(result, months).encode())


def _check_target(option: str, target: str | None) -> None:
    """Raises `UsageError` if a file cannot be written."""
    if target is None or target == "-":
        return
    path = Path(target)
    part = path.with_name(f"{path.name}{PART}")
    try:
        if path.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        part.touch()
        part.unlink()
    except OSError as failure:
        raise UsageError(
            f"--{option}: {target!r} cannot be written ({failure.strerror}); name a file in a directory that exists"
        ) from failure


def _kept(pages: Iterable[Page], seen: list[Page]) -> Iterator[Page]:
    """Yield pages, and keep the last articles and the last other pages in `seen`."""
    for page in pages:
        seen.append(page)
        if len(seen) > _MOST_SEEN:
            many_articles = sum(each.article is not None for each in seen) > _MOST_SEEN // 2
            del seen[next(at for at, each in enumerate(seen) if (each.article is not None) is many_articles)]
        yield page


def _json(result: Examination, months: list[Month]) -> str:
    values = {**result.to_dict(), "months": [month.to_dict() for month in months]}
    return json.dumps(values, ensure_ascii=False, indent=2, default=str) + "\n"
