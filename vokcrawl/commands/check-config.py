"""`scrapy check-config`: lists the project's settings with value, origin and errors.

Scrapy names a command after its file, hence the hyphen.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from scrapy.commands import ScrapyCommand
from typing_extensions import override

from vokcrawl.cli import complain, reject_arguments, reject_options, say
from vokcrawl.config.overview import SettingStatus, setting_statuses
from vokcrawl.errors import ExitCode, VokcrawlError
from vokcrawl.utils.terminal import flush_output


class Command(ScrapyCommand):
    """Opens no file and sends no request. Exit code 0 if all settings are valid, else 2."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012  Scrapy's name and type

    @override
    def syntax(self) -> str:
        return "[options]"

    @override
    def short_desc(self) -> str:
        return "List the project's settings with value, origin and errors"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print machine-readable JSON")

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        found = setting_statuses(self.settings)
        try:
            reject_options("check-config", args)
            reject_arguments(args, "-s NAME=VALUE sets a setting")
            if opts.json:
                say(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2))
            else:
                _table(found)
            flush_output()
        except VokcrawlError as failure:
            complain("check-config", failure)
            self.exitcode = int(failure.exit_code)
            return
        for error in (error for each in found for error in each.errors):
            complain("check-config", error)
            self.exitcode = int(ExitCode.USAGE)


def _table(found: list[SettingStatus]) -> None:
    width = max(len(each.name) for each in found)
    origins = max(len(each.origin) for each in found)
    for each in found:
        mark = "!" if each.errors else " "
        say(f"{mark} {each.name:<{width}}  {each.origin:<{origins}}  {each.value}")
