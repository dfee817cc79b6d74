"""`scrapy check`: checks the contracts of the spiders' callbacks, as Scrapy's command does. Opens no run."""

from __future__ import annotations

import argparse
import time
import traceback
from collections.abc import AsyncIterator
from typing import Any
from unittest import TestResult, TextTestRunner

from scrapy import Spider
from scrapy.commands.check import Command as CheckCommand
from scrapy.commands.check import TextTestResult
from scrapy.contracts import ContractsManager
from scrapy.http import Request
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.conf import build_component_list
from scrapy.utils.misc import load_object, set_environ
from twisted.python.failure import Failure
from typing_extensions import override

from vokcrawl.cli import PreviewCommand, complain, require_spider
from vokcrawl.errors import ExitCode


class Command(PreviewCommand, CheckCommand):
    """Ends with 12 if a callback breaks its contract, with 14 if its page cannot be fetched (10 for a status)."""

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        process = self.crawler_process
        if process is None or self.settings is None:
            raise RuntimeError("Scrapy gave this command no crawler process")
        for name in args:
            require_spider(name, process.spider_loader.list())
        if opts.list:
            super().run(args, opts)
            return
        # Imported late, because Scrapy imports all commands to run one.
        from vokcrawl.commands._exit_code import preview_failure, starting  # noqa: PLC0415

        contracts = build_component_list(self.settings.get_component_priority_dict_with_base("SPIDER_CONTRACTS"))
        manager = _Contracts([load_object(each) for each in contracts])
        runner = TextTestRunner(verbosity=2 if opts.verbose else 1)
        result = _Result(runner.stream, runner.descriptions, runner.verbosity)

        async def start(spider: Spider) -> AsyncIterator[Any]:
            for request in manager.from_spider(spider, result):
                yield request

        tasks: list[Any] = []
        with set_environ(SCRAPY_CHECK="true"), starting(process.settings):
            for name in args or process.spider_loader.list():
                spider = process.spider_loader.load(name)
                if manager.tested_methods_from_spidercls(spider):
                    spider.start = start  # type: ignore[method-assign,assignment]
                    tasks.append(process.crawl(spider, **opts.spargs))
            begun = time.monotonic()
            process.start()
        failed = [preview_failure("check", task, process.bootstrap_failed, process.settings) for task in tasks]
        if any(failed):
            self.exitcode = max(failed)
            return
        result.printErrors()
        result.printSummary(begun, time.monotonic())
        for sentence in (*result.without_page, *result.not_fetched):
            complain("check", sentence)
        self.exitcode = int(result.code)


class _Result(TextTestResult):
    """Describes an error in one line, without a traceback, and collects what prevented a check."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.without_page: list[str] = []
        self.not_fetched: list[str] = []
        self._fetch_code = ExitCode.OK

    @property
    def code(self) -> ExitCode:
        """The exit code."""
        if not self.wasSuccessful():
            return ExitCode.LAYOUT
        if self.not_fetched:
            return self._fetch_code
        return ExitCode.USAGE if self.without_page else ExitCode.OK

    @override
    def addError(self, test: Any, err: Any) -> None:
        from vokcrawl.spiders.contracts import NoPageError  # noqa: PLC0415  as above

        if isinstance(err[1], NoPageError):
            self.without_page.append(f"{test}: {err[1]}")
        else:
            super().addError(test, err)

    def add_unfetched(self, sentence: str, code: ExitCode) -> None:
        """Note a page that could not be fetched."""
        self.not_fetched.append(sentence)
        self._fetch_code = max(self._fetch_code, code)

    def _exc_info_to_string(self, err: Any, test: Any) -> str:
        _, error, trace = err
        if isinstance(error, AssertionError):
            return f"{error}\n"
        last = traceback.extract_tb(trace)[-1]
        return f"{type(error).__name__}: {error} ({last.filename}, line {last.lineno})\n"


class _Contracts(ContractsManager):
    """Notes pages that could not be fetched: they say nothing about a callback."""

    @override
    def _clean_req(self, request: Request, method: Any, results: TestResult) -> None:
        super()._clean_req(request, method, results)

        def not_fetched(failure: Failure) -> None:
            from vokcrawl.downloader.failures import name_of  # noqa: PLC0415  as above

            if isinstance(results, _Result):
                code = ExitCode.INCOMPLETE if isinstance(failure.value, HttpError) else ExitCode.UNREACHABLE
                results.add_unfetched(f"{request.url}: could not be fetched ({name_of(failure)})", code)

        request.errback = not_fetched
