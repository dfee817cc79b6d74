"""`scrapy edit`: Scrapy's command, which opens a spider in an editor."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands.edit import Command as EditCommand
from scrapy.spiderloader import get_spider_loader
from typing_extensions import override

from vokcrawl.cli import CheckedCommand, complain, open_editor, require_spider
from vokcrawl.errors import UsageError


class Command(CheckedCommand, EditCommand):
    """Ends with the exit code of the editor, or with 2 if the spider or the editor does not exist."""

    argument_count = (1, 1)

    @override
    def syntax(self) -> str:
        return "[options] <spider>"

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        spiders = get_spider_loader(self.settings)
        for name in args:
            require_spider(name, spiders.list())
            file = sys.modules[spiders.load(name).__module__].__file__
            try:
                self.exitcode = open_editor(self.settings["EDITOR"], file or "")
            except UsageError as error:
                complain("edit", error)
                self.exitcode = int(error.exit_code)
