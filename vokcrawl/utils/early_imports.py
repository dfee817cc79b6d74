"""Modules of Scrapy that are imported before a crawl starts, because their import takes longer later."""

from __future__ import annotations

from importlib import import_module

# These create deprecated classes, for which Scrapy inspects each frame of the call stack (`inspect.stack`). In the
# middle of a crawl's start, where it would import them, the stack is four times as deep: a sixth of an idle run.
_INSPECT_THE_STACK = ("scrapy.core.downloader.tls", "scrapy.core.downloader.contextfactory")


def import_tls() -> None:
    """Import them now. Call it close to the start of the program."""
    for name in _INSPECT_THE_STACK:
        import_module(name)
