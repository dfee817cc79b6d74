"""`scrapy check-config`: what holds, where it comes from, and all that is wrong with it.

Scrapy names a command after its file, hence the hyphen.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from scrapy.commands import ScrapyCommand

from vokcrawl.cli import complain, say
from vokcrawl.config.overview import Listed, listed
from vokcrawl.errors import ExitCode, StorageError


class Command(ScrapyCommand):
    """Opens and sends nothing. Exit code 0 when all is well, 2 when a setting is wrong."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012  Scrapy's name and type

    def short_desc(self) -> str:
        return "List the project's settings, where each comes from, and what is wrong"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="tell it as JSON, for programs")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        if args:
            complain("check-config", f"{args[0]!r}: no argument is taken; give a setting with -s NAME=VALUE")
            self.exitcode = int(ExitCode.USAGE)
            return
        found = listed(self.settings)
        try:
            if opts.json:
                say(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2))
            else:
                _table(found)
        except StorageError as failure:
            complain("check-config", failure)
            self.exitcode = int(failure.exit_code)
            return
        for fault in (fault for each in found for fault in each.faults):
            complain("check-config", fault)
            self.exitcode = int(ExitCode.USAGE)


def _table(found: list[Listed]) -> None:
    width = max(len(each.name) for each in found)
    origins = max(len(each.origin) for each in found)
    for each in found:
        mark = "!" if each.faults else " "
        say(f"{mark} {each.name:<{width}}  {each.origin:<{origins}}  {each.value}")
