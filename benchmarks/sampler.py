"""Runs Scrapy with the arguments of this script, and writes down where its processor time goes.

`sampler.py FILE ARGUMENT…` looks some hundred times per second of processor time at what runs, and counts by area: the
innermost frame whose file belongs to one decides, so that what a library does is put down to whoever called it.
FILE gets the counts as JSON. Looking from outside costs the crawl next to nothing, unlike a profiler that is called for
each function.
"""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

SECONDS_APART = 0.004
# The areas, each with what the path of a file of its begins with, after the last `site-packages/` or the project's
# folder. The first that fits counts; of files that none of them knows, the caller's.
AREAS = {
    "parsing HTML": ["vokcrawl/pages/tree", "vokcrawl/pages/document", "parsel/"],
    "reading pages": ["vokcrawl/pages/", "benchmarks/bare_spider"],
    "records: loaders, fields, validation": ["vokcrawl/loaders", "vokcrawl/fields", "vokcrawl/items", "itemloaders/"],
    "deciding: spider, intake, walk": ["vokcrawl/spiders/", "vokcrawl/intake/", "vokcrawl/listings", "vokcrawl/walk"],
    "archive": ["vokcrawl/archive/", "vokcrawl/capture/"],
    "memory (SQLite)": ["vokcrawl/state/"],
    "pipelines and files": ["vokcrawl/pipelines/", "vokcrawl/run.", "vokcrawl/files.", "vokcrawl/coverage"],
    "middlewares, downloader, extensions": ["vokcrawl/"],
    "HTTP (Twisted)": ["twisted/", "scrapy/core/downloader/handlers", "scrapy/http"],
    "feed export": ["scrapy/exporters", "scrapy/extensions/feedexport"],
    "log": ["scrapy/logformatter", "scrapy/utils/log", "logging/"],
    "Scrapy's engine": ["scrapy/", "pydispatch/", "asyncio/"],
    "starting: imports": ["<frozen importlib"],
}
OTHER = "other"


class Sampler:
    """Counts, at each signal of the timer, the area of what runs."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._known: dict[str, str | None] = {}

    def take(self, _: int, frame: FrameType | None) -> None:
        """Signal handler: counts the area of the code that is running."""
        while frame is not None:
            file = frame.f_code.co_filename
            if file not in self._known:
                self._known[file] = area_of(file)
            area = self._known[file]
            if area is not None:
                self.counts[area] += 1
                return
            frame = frame.f_back
        self.counts[OTHER] += 1


def area_of(file: str) -> str | None:
    """The area that a file belongs to; None for one that works for its caller."""
    path = file.rpartition("site-packages/")[2]
    for folder in ("vokcrawl", "benchmarks", "asyncio", "logging"):
        if f"/{folder}/" in path:
            path = f"{folder}/{path.rpartition(f'/{folder}/')[2]}"
    return next((area for area, begins in AREAS.items() if path.startswith(tuple(begins))), None)


def main(counts_file: str, *arguments: str) -> None:
    """Never returns: Scrapy ends the process."""
    from scrapy.cmdline import execute  # noqa: PLC0415  what is imported before the timer runs is not counted

    sampler = Sampler()
    signal.signal(signal.SIGPROF, sampler.take)
    signal.setitimer(signal.ITIMER_PROF, SECONDS_APART, SECONDS_APART)
    try:
        execute(["scrapy", *arguments])
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        Path(counts_file).write_text(json.dumps(sampler.counts))


if __name__ == "__main__":
    main(*sys.argv[1:])
