"""`scrapy parse`: prints the items and requests of a page. Opens no run, locks nothing, writes nothing."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.commands.parse import Command as ParseCommand
from scrapy.exceptions import ScrapyDeprecationWarning
from scrapy.exceptions import UsageError as ScrapyUsageError
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.spider import spidercls_for_request
from typing_extensions import override

from vokcrawl.cli import PreviewCommand, complain, require_url
from vokcrawl.errors import ExitCode

# Used for a URL that no spider claims by its `allowed_domains`.
_DEFAULT_SPIDER = "vok"
# Which of its callbacks is called follows from the URL, whether or not one is named.
_CALLBACKS = (None, "parse", "parse_article")


class Command(PreviewCommand, ParseCommand):
    """Scrapy's command. A spider of this project crawls from the URL as its start URL, with an empty state."""

    argument_count = (1, 1)

    @override
    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        require_url(args)

    @override
    def set_spidercls(self, url: str, opts: argparse.Namespace) -> None:
        if self.crawler_process is None:
            raise RuntimeError("Scrapy gave this command no crawler process")
        # Imported late, because Scrapy imports all commands to run one.
        from vokcrawl.spiders.vok import VokSpider  # noqa: PLC0415

        loader = self.crawler_process.spider_loader
        if not opts.spider and spidercls_for_request(loader, Request(url)) is None:
            opts.spider = _DEFAULT_SPIDER
        super().set_spidercls(url, opts)
        if self.spidercls is not None:
            _check_options(self.spidercls, opts)
        if self.spidercls is None or not issubclass(self.spidercls, VokSpider):
            return
        if opts.callback in _CALLBACKS and not opts.rules:
            opts.spargs.setdefault("start_url", url)
            command = self

            async def start(spider: Spider) -> AsyncIterator[Any]:
                for request in spider.first_requests():  # type: ignore[attr-defined]
                    yield command.prepare_request(spider, request, opts)

            self.spidercls.start = start  # type: ignore[method-assign,assignment]

    @override
    def start_parsing(self, url: str, opts: argparse.Namespace) -> None:
        if self.crawler_process is None or self.spidercls is None:
            raise RuntimeError("Scrapy gave this command no crawler process")
        from vokcrawl.commands._exit_code import preview_failure, starting  # noqa: PLC0415

        # Scrapy's own code does what this warns of.
        warnings.filterwarnings("ignore", r".*prepare_request\b", ScrapyDeprecationWarning)
        with starting(self.crawler_process.settings):
            self.pcrawler = self._create_crawler(self.spidercls)
        statuses: list[int] = []

        def note_status(response: Response, request: Request) -> None:
            # Not that of robots.txt.
            if request.callback is not NO_CALLBACK:
                statuses.append(response.status)

        self.pcrawler.signals.connect(note_status, signal=signals.response_received)
        task = self.crawler_process.crawl(self.pcrawler, **opts.spargs)
        with starting(self.pcrawler.settings):
            self.crawler_process.start()
        self.exitcode = preview_failure("parse", task, self.crawler_process.bootstrap_failed, self.pcrawler.settings)
        if self.exitcode != ExitCode.OK or self.first_response:
            return
        if statuses:
            complain("parse", f"{url}: status {statuses[-1]}, so there is no page to parse")
            self.exitcode = int(ExitCode.INCOMPLETE)
        else:
            complain("parse", f"{url}: no response; the log says why")
            self.exitcode = int(ExitCode.UNREACHABLE)

    @override
    def print_results(self, opts: argparse.Namespace) -> None:
        if self.exitcode != ExitCode.OK:
            return
        try:
            super().print_results(opts)
            sys.stdout.flush()
        except BrokenPipeError:
            # Python flushes standard output again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self.exitcode = int(ExitCode.STORAGE)


def _check_options(spider: type[Spider], opts: argparse.Namespace) -> None:
    """Raises `scrapy.exceptions.UsageError` for a callback that the spider does not have, and for rules without any."""
    if opts.callback and not callable(getattr(spider, opts.callback, None)):
        raise ScrapyUsageError(
            f"--callback: {opts.callback!r} is not a method of the spider {spider.name}; omit it, or name one of its "
            "callbacks",
            print_help=False,
        )
    if opts.rules and not getattr(spider, "rules", None):
        raise ScrapyUsageError(f"--rules: the spider {spider.name} has no rules; omit it", print_help=False)
    for option in ("meta", "cbkwargs"):
        value = getattr(opts, option)
        if value and not isinstance(value, dict):
            raise ScrapyUsageError(f"--{option}: {value!r} is not an object in JSON", print_help=False)
