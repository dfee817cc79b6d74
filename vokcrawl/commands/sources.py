"""`scrapy sources`: crawls several sources of the site in one process."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from scrapy.commands import BaseRunSpiderCommand
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError
from typing_extensions import override

from vokcrawl.cli import CheckedCommand
from vokcrawl.utils.hangup import end_on_hangup
from vokcrawl.utils.program import PROGRAM


class Command(CheckedCommand, BaseRunSpiderCommand):
    """Each source has its own output directory and state; they share the download delay and pauses of the site.

    All other settings and the arguments (`-a`) apply to each source. The exit code is the highest one.
    """

    requires_project = True

    @override
    def syntax(self) -> str:
        return "[options] 'SOURCE=DIR' …"

    @override
    def short_desc(self) -> str:
        return "Crawl several sources in one process"

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        process = self.crawler_process
        if process is None or self.settings is None:
            raise RuntimeError("Scrapy gave this command no crawler process")
        # Imported late, because Scrapy imports all commands to run one.
        from vokcrawl.commands._exit_code import exit_code_of, starting  # noqa: PLC0415
        from vokcrawl.extensions.progress import StatusLine  # noqa: PLC0415
        from vokcrawl.spiders.vok import VokSpider  # noqa: PLC0415

        if self.settings.get("VOK_STATE") == "redis":
            raise UsageError(
                "several sources in one process cannot share a state in Redis; with SCRAPY_PROJECT=distributed, start "
                f"a worker for each (`{PROGRAM} crawl vok`), with its own VOK_SOURCE, VOK_OUTPUT_DIR and "
                "VOK_REDIS_PREFIX",
                print_help=False,
            )
        crawls: list[tuple[str, Crawler, Any]] = []
        line = StatusLine() if StatusLine.is_wanted(self.settings) else None
        for source, folder in _pairs(args):
            settings = self.settings.copy()
            # The crawls share one status line.
            given = {"VOK_SOURCE": source, "VOK_OUTPUT_DIR": folder, "VOK_PROGRESS": "off"}
            settings.update(given, priority="cmdline")
            with starting(settings):
                crawler = Crawler(VokSpider, settings)
                if line is not None:
                    line.add(crawler)
                crawls.append((source, crawler, process.crawl(crawler, **opts.spargs)))
        with starting(self.settings):
            end_on_hangup()
            process.start()
        codes = [
            exit_code_of(f"sources: {source}", crawler, task, process.bootstrap_failed)
            for source, crawler, task in crawls
        ]
        self.exitcode = max(codes)


def _pairs(args: list[str]) -> list[tuple[str, str]]:
    """Parse the sources and their directories. Raises Scrapy's `UsageError` (exit code 2)."""
    pairs = []
    for word in args:
        source, _, folder = word.rpartition("=")
        if not source.strip() or not folder.strip():
            raise UsageError(
                f"{word!r} is not SOURCE=DIR, such as 'Voice of Korea (EN)=output/vok-en'", print_help=False
            )
        pairs.append((source, folder))
    if not pairs:
        raise UsageError(f"name one or more sources: `{PROGRAM} sources 'SOURCE=DIR' …`", print_help=False)
    # The same directory under another name is found by its lock.
    owners: dict[Path, str] = {}
    for source, folder in pairs:
        owner = owners.get(Path(folder))
        if owner is not None:
            shared = f"{folder!r} is the directory of {owner!r} and of {source!r}"
            raise UsageError(f"{shared}; each SOURCE=DIR needs a directory of its own", print_help=False)
        owners[Path(folder)] = source
    return pairs
