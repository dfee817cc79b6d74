"""`scrapy bench`: Scrapy's command, which crawls a local server with a spider of its own. Opens no run."""

from __future__ import annotations

import argparse

from scrapy.commands.bench import Command as BenchCommand
from typing_extensions import override

from vokcrawl.cli import CheckedCommand, leave_workers


class Command(CheckedCommand, BenchCommand):
    """Needs no Redis server in the profile `distributed`."""

    argument_count = (0, 0)

    @override
    def syntax(self) -> str:
        return "[options]"

    @override
    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        if self.settings is not None:
            leave_workers(self.settings)
