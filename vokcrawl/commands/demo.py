"""`scrapy demo`: serves the bundled sample site, crawls it, and shows the result."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from typing_extensions import override

from vokcrawl.cli import FolderCommand, complain, say
from vokcrawl.config.environment import from_environment
from vokcrawl.config.values import POSITIVE_PHRASE, parse_positive_number, read_value
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.storage.output_folder import OutputFolder, in_run_order, translate_os_errors
from vokcrawl.storage.record_files import read_kind
from vokcrawl.utils.humanize import pluralize
from vokcrawl.utils.program import PROGRAM

# Marks the directory of a demo, which the next demo replaces.
_MARK = ".demo"
_MAX_ARTICLES = 100_000


class Command(FolderCommand):
    """Needs no network: this process serves the site on the loopback interface."""

    @override
    def short_desc(self) -> str:
        return "Crawl the bundled sample site and show the result"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--articles", default="60", metavar="N", help="size of the sample site (default: 60)")

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        articles = read_value("--articles", parse_positive_number, opts.articles, POSITIVE_PHRASE)
        if articles > _MAX_ARTICLES:
            raise UsageError(f"--articles: {articles} is too large: it must be {_MAX_ARTICLES} or less")
        # Imported late, because Scrapy imports all commands to run one.
        from vokcrawl.sample import SampleServer, SampleSite  # noqa: PLC0415

        folder = _fresh(self.folder.path / "demo")
        # A full page without "More Articles" would be no proof that it is the last one.
        site = SampleSite(articles, more_on_full_pages=True)
        with SampleServer(site) as server:
            start = f"{server.url}/article/163/"
            say(f"Crawling {start}, a sample site of {pluralize(articles, 'invented article')} …")
            code = _crawl(start, folder)
        if code != ExitCode.OK:
            complain("demo", f"the crawl ended with exit code {code}; see its log above")
            return ExitCode(code)
        _show(OutputFolder(folder), published=len(site.truth()["articles"]) - articles)
        return ExitCode.OK


def _fresh(folder: Path) -> Path:
    if folder.exists():
        if not (folder / _MARK).exists():
            raise UsageError(f"{folder}: not created by `{PROGRAM} demo`; move it away or set VOK_OUTPUT_DIR")
        with translate_os_errors(folder):
            shutil.rmtree(folder)
    with translate_os_errors(folder):
        folder.mkdir(parents=True)
        (folder / _MARK).touch()
    return folder


def _crawl(start_url: str, folder: Path) -> int:
    command = [sys.executable, "-m", PROGRAM, "crawl", "vok", "-a", f"start_url={start_url}"]
    settings = ["-s", f"VOK_OUTPUT_DIR={folder}", "-s", "LOG_LEVEL=WARNING"]
    # The user's settings are for the real site, such as its pagination, alerts and feeds.
    own = from_environment()
    environment = {name: value for name, value in os.environ.items() if name not in own}
    environment["SCRAPY_PROJECT"] = "sample"
    # Scrapy has set it to the profile of this command.
    environment.pop("SCRAPY_SETTINGS_MODULE", None)
    return subprocess.run([*command, *settings], env=environment, check=False).returncode  # noqa: S603


def _show(folder: OutputFolder, *, published: int) -> None:
    articles = [line.record for line in read_kind(folder, "articles") if line.record]
    teasers = sum(1 for _ in read_kind(folder, "teasers"))
    if published:
        say(f"\nThe site published {pluralize(published, 'more article')} during the crawl.")
    say(f"\n{pluralize(len(articles), 'article')} and {pluralize(teasers, 'teaser')}, in:")
    for path in (*folder.data_files(), *folder.archive_files(), *in_run_order(folder.runs.glob("*.json"))):
        say(f"  {path}")
    say("\nOne article:")
    say(json.dumps(articles[0], ensure_ascii=False, indent=2))
    say("\nNext steps:")
    program, setting = _program(), f"-s VOK_OUTPUT_DIR={shlex.quote(str(folder.path))}"
    say(f"  {program} show {articles[0]['id']} {setting}    # this article and its history; --html: its archived page")
    word = next(iter(re.findall(r"[A-Za-z]{5,}", articles[0]["title"])), "the")
    say(f"  {program} search {word} {setting}    # full-text search")
    browse = f"{program} browse {setting}"
    if PROGRAM != "vokcrawl":
        # It installs what the command needs.
        browse = f"make browse VOK_OUTPUT_DIR={shlex.quote(str(folder.path))}"
    say(f"  {browse}    # everything in a web browser")
    say(f"  {folder.path / 'feeds' / 'new.atom'}    # open this file in a feed reader")
    crawl = f"{PROGRAM} crawl vok" if PROGRAM == "vokcrawl" else "make crawl"
    say(f"  {crawl}    # crawl the live site, one request every few seconds")


def _program() -> str:
    """Return how to call the program from this shell: by its name, or by its path if it is not on the PATH."""
    called = Path(sys.argv[0])
    return str(called) if called.name == PROGRAM and shutil.which(PROGRAM) is None else PROGRAM
