"""`scrapy fetch`: Scrapy's command; with ``--spider vok`` it opens no run."""

from __future__ import annotations

import argparse

from scrapy.commands.fetch import Command as FetchCommand
from scrapy.http import Response
from typing_extensions import override

from vokcrawl.cli import PreviewCommand, complain, require_url
from vokcrawl.errors import ExitCode


class AnsweredCommand(PreviewCommand, FetchCommand):
    """Mixin for `fetch` and `view`: ends with 14 without a response, with 2 if the crawl could not start."""

    argument_count = (1, 1)
    _is_answered = False

    @override
    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        require_url(args)

    @override
    def _print_response(self, response: Response, opts: argparse.Namespace) -> None:
        self._is_answered = True
        super()._print_response(response, opts)

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        super().run(args, opts)
        if self._is_answered or self.crawler_process is None:
            return
        failed = self.crawler_process.bootstrap_failed
        what = "the crawl could not start" if failed else "no response"
        complain(type(self).__module__.rpartition(".")[2], f"{args[0]}: {what}; the log says why")
        self.exitcode = int(ExitCode.USAGE if failed else ExitCode.UNREACHABLE)


class Command(AnsweredCommand):
    """Downloads a URL with the settings of the project, and prints the response."""
