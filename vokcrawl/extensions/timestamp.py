"""Requests a timestamp token for the manifest of a run when it has ended: see `vokcrawl.timestamps`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from threading import Thread
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from vokcrawl.config import Options
from vokcrawl.errors import StorageError
from vokcrawl.extensions.run import RunExtension

logger = logging.getLogger(__name__)

# Time limit of the request; the manifest is written before.
_SECONDS = 20
_LATER = "that of the next run vouches for this one, too"


class TimestampExtension:
    """Requests the token in a thread, and never changes the outcome of a run."""

    def __init__(self, crawler: Crawler, url: str) -> None:
        self.crawler = crawler
        self.url = url
        crawler.signals.connect(self.engine_stopped, signal=signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Builds the extension. Raises `NotConfigured` without `VOK_TIMESTAMP_URL`."""
        options: Options | None = getattr(crawler.spider, "options", None)
        if options is None or not options.timestamp_url:
            raise NotConfigured
        return cls(crawler, options.timestamp_url)

    async def engine_stopped(self) -> None:
        """Request the token in a thread and wait for it, up to the time limit."""
        extension = self.crawler.get_extension(RunExtension)
        if extension is None or extension.run.manifest is None:
            return
        folder = extension.run.folder
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def work() -> None:
            from vokcrawl.timestamps.tokens import TokenError, add_token  # noqa: PLC0415  optional packages

            try:
                path = add_token(folder, self.url)
                if path is not None:
                    logger.info("Timestamp token: %s", path)
            except (TokenError, StorageError) as fault:
                logger.warning("No timestamp token: %s; %s", fault, _LATER)
            except Exception:
                logger.exception("No timestamp token: internal error")
            # After the time-out the loop may be closed.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(done.set)

        Thread(target=work, daemon=True).start()
        try:
            await asyncio.wait_for(done.wait(), _SECONDS)
        except TimeoutError:
            logger.warning("No timestamp token after %d s; %s", _SECONDS, _LATER)
