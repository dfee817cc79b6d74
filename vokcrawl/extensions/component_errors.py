"""Errors of the user's components that Scrapy only logs: each becomes one sentence in the log, and is counted."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from scrapy import Spider
from typing_extensions import override

logger = logging.getLogger(__name__)

# Of these loggers: an exception of a signal handler, and of a component when the crawl is closed.
_LOGGERS = ("scrapy.utils.signal", "scrapy.core.engine")


class ComponentErrors(logging.Filter):
    """Watches the log of one crawl. `note` is called with a sentence for each error, which is logged once.

    The traceback is logged at DEBUG.
    """

    def __init__(self, spider: Spider, note: Callable[[str], None]) -> None:
        super().__init__()
        self._spider = spider
        self._note = note
        self._logged: set[str] = set()

    def start(self) -> None:
        """Begin to watch."""
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self)

    def stop(self) -> None:
        """Stop watching."""
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self)

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        # Signals of the engine do not name the spider.
        if not record.exc_info or getattr(record, "spider", None) not in (None, self._spider):
            return True
        error = record.exc_info[1]
        where = _name_of(record.args.get("receiver")) if isinstance(record.args, dict) else record.getMessage()
        sentence = f"{where} raised {type(error).__name__}: {error}"
        self._note(sentence)
        if sentence in self._logged:
            return False
        self._logged.add(sentence)
        logger.debug("%s", where, exc_info=error)
        record.msg, record.args = f"{sentence}; the records in the output directory are not affected", ()
        record.exc_info = record.exc_text = None
        return True


def _name_of(receiver: Any) -> str:
    function = getattr(receiver, "__func__", receiver)
    return f"{getattr(function, '__module__', '?')}.{getattr(function, '__qualname__', function)}"
