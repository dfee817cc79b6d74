"""`scrapy version`: Scrapy's command, which prints the versions of Scrapy and of its dependencies."""

from __future__ import annotations

from scrapy.commands.version import Command as VersionCommand
from typing_extensions import override

from vokcrawl.cli import CheckedCommand


class Command(CheckedCommand, VersionCommand):
    """Refuses what it would ignore."""

    argument_count = (0, 0)

    @override
    def syntax(self) -> str:
        return "[options]"
