"""`scrapy settings`: Scrapy's command, which prints the value of a setting."""

from __future__ import annotations

from scrapy.commands.settings import Command as SettingsCommand
from typing_extensions import override

from vokcrawl.cli import CheckedCommand


class Command(CheckedCommand, SettingsCommand):
    """Refuses what it would ignore."""

    argument_count = (0, 0)

    @override
    def syntax(self) -> str:
        return "[options]"
