"""`scrapy list`: Scrapy's command, which prints the names of the spiders."""

from __future__ import annotations

from scrapy.commands.list import Command as ListCommand
from typing_extensions import override

from vokcrawl.cli import CheckedCommand


class Command(CheckedCommand, ListCommand):
    """Refuses what it would ignore."""

    argument_count = (0, 0)

    @override
    def syntax(self) -> str:
        return "[options]"
