"""`scrapy startproject`: Scrapy's command, which creates another project."""

from __future__ import annotations

import argparse

from scrapy.commands.startproject import Command as StartProjectCommand
from typing_extensions import override

from vokcrawl.cli import CheckedCommand
from vokcrawl.errors import ExitCode


class Command(CheckedCommand, StartProjectCommand):
    """Ends with 2 if the project cannot be created; Scrapy prints why."""

    argument_count = (1, 2)

    @override
    def syntax(self) -> str:
        return "[options] <name> [directory]"

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        super().run(args, opts)
        if self.exitcode:
            self.exitcode = int(ExitCode.USAGE)
