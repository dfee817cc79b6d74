"""Scrapy's telnet console and remote control, imported only where they are enabled: an idle run needs no server."""

from __future__ import annotations

from typing import Any

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.misc import build_from_crawler, load_object


class TelnetConsole:
    """Replaces `scrapy.extensions.telnet.TelnetConsole`, which `TELNETCONSOLE_ENABLED` enables."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Any:
        """Build Scrapy's extension. Raises `NotConfigured` if it is not enabled."""
        return _if_enabled(crawler, "TELNETCONSOLE_ENABLED", "scrapy.extensions.telnet.TelnetConsole")


class RemoteControl:
    """Replaces `scrapy.extensions.remote_control.RemoteControl`, which `REMOTE_CONTROL_ENABLED` enables."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Any:
        """Build Scrapy's extension. Raises `NotConfigured` if it is not enabled."""
        return _if_enabled(crawler, "REMOTE_CONTROL_ENABLED", "scrapy.extensions.remote_control.RemoteControl")


def _if_enabled(crawler: Crawler, setting: str, path: str) -> Any:
    if not crawler.settings.getbool(setting):
        raise NotConfigured
    return build_from_crawler(load_object(path), crawler)
