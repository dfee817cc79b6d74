"""`scrapy fetch`: Scrapy's command; with ``--spider vok`` it opens no run."""

from __future__ import annotations

from scrapy.commands.fetch import Command as FetchCommand

from vokcrawl.cli import PreviewCommand


class Command(PreviewCommand, FetchCommand):
    """Downloads a URL with the settings of the project, and prints the response."""
