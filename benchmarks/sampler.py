"""A sampling profiler: runs Scrapy with the arguments of this script, and counts its CPU time by area.

`sampler.py FILE ARGUMENT…` takes some hundred samples per second of CPU time. The innermost frame whose file belongs to
an area counts, so the time of a library is attributed to its caller. FILE gets the counts as JSON. The overhead is
small, unlike that of a profiler that is called for each function.
"""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

SECONDS_APART = 0.004
# The areas, with prefixes of paths relative to `site-packages/` or the project. The first match counts; a file without
# a match belongs to the area of its caller.
AREAS = {
    "parsing HTML": ["vokcrawl/pages/tree", "vokcrawl/pages/document", "parsel/"],
    "reading pages": ["vokcrawl/pages/", "benchmarks/bare_spider"],
    "records: loaders, validation": ["vokcrawl/loaders", "vokcrawl/normalize", "vokcrawl/items", "itemloaders/"],
    "crawling: spider, policies": ["vokcrawl/spiders/", "vokcrawl/crawling/", "vokcrawl/policy/"],
    "archive": ["vokcrawl/warc/", "vokcrawl/downloader/capture/"],
    "state (SQLite)": ["vokcrawl/storage/state/"],
    "pipelines and files": ["vokcrawl/pipelines", "vokcrawl/runs/", "vokcrawl/storage/"],
    "middlewares, downloader, extensions": ["vokcrawl/"],
    "HTTP (Twisted)": ["twisted/", "scrapy/core/downloader/handlers", "scrapy/http"],
    "feed export": ["scrapy/exporters", "scrapy/extensions/feedexport"],
    "log": ["scrapy/logformatter", "scrapy/utils/log", "logging/"],
    "Scrapy's engine": ["scrapy/", "pydispatch/", "asyncio/"],
    "imports": ["<frozen importlib"],
}
OTHER = "other"


class Sampler:
    """Counts the area of the running code at each signal of the timer."""

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
    """Return the area of a file; None if its time belongs to its caller."""
    path = file.rpartition("site-packages/")[2]
    for folder in ("vokcrawl", "benchmarks", "asyncio", "logging"):
        if f"/{folder}/" in path:
            path = f"{folder}/{path.rpartition(f'/{folder}/')[2]}"
    return next((area for area, begins in AREAS.items() if path.startswith(tuple(begins))), None)


def main(output: str, *arguments: str) -> None:
    """Run Scrapy, which ends the process."""
    from scrapy.cmdline import execute  # noqa: PLC0415  imported before the timer starts

    sampler = Sampler()
    signal.signal(signal.SIGPROF, sampler.take)
    signal.setitimer(signal.ITIMER_PROF, SECONDS_APART, SECONDS_APART)
    try:
        execute(["scrapy", *arguments])
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        Path(output).write_text(json.dumps(sampler.counts))


if __name__ == "__main__":
    main(*sys.argv[1:])
