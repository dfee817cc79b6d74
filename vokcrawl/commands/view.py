"""`scrapy view`: Scrapy's command; with ``--spider vok`` it opens no run."""

from __future__ import annotations

from scrapy.commands.view import Command as ViewCommand

from vokcrawl.commands.fetch import AnsweredCommand


class Command(AnsweredCommand, ViewCommand):
    """Downloads a URL with the settings of the project, and opens the response in a browser."""
