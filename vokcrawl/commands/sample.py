"""`scrapy sample`: serves the bundled sample site, for people who extend the crawler."""

from __future__ import annotations

import argparse

from scrapy.commands import ScrapyCommand
from typing_extensions import override


class Command(ScrapyCommand):
    """Serves until Ctrl-C, on the loopback interface. The same as ``python -m vokcrawl.sample``."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012  Scrapy's name and type

    @override
    def syntax(self) -> str:
        return "[options]"

    @override
    def short_desc(self) -> str:
        return "Serve the bundled sample site, to try things out"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        # Imported late, because Scrapy imports all commands to run one.
        from vokcrawl.sample.__main__ import add_arguments  # noqa: PLC0415

        super().add_options(parser)
        add_arguments(parser)

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from vokcrawl.cli import complain, reject_arguments, reject_options  # noqa: PLC0415
        from vokcrawl.errors import UsageError  # noqa: PLC0415
        from vokcrawl.sample.__main__ import serve  # noqa: PLC0415

        try:
            reject_options("sample", args)
            reject_arguments(args, "--port sets the port, and --articles the size of the site")
        except UsageError as error:
            complain("sample", error)
            self.exitcode = int(error.exit_code)
            return
        self.exitcode = serve(opts)
