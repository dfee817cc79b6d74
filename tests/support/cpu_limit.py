"""A limit of CPU time as a multiple of what reading an ordinary page takes on this machine at that moment."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tests.support.page_mutations import articles, path_of, rendered
from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.document import read_document
from vokcrawl.pages.listing import read_teasers

SKIN = "current"
# How often the ordinary page is read to measure it.
_READS = 5


def ordinary_page_seconds() -> float:
    """CPU seconds of reading one article page of the sample site."""
    article = articles(SKIN)[0]
    body = rendered(path_of(article), SKIN).encode()
    begin = time.process_time()
    for _ in range(_READS):
        root = read_document(body, "text/html; charset=utf-8").root
        page = ArticlePage(root, str(article["url"]))
        page.is_article()
        page.read()
        read_teasers(root)
    return (time.process_time() - begin) / _READS


@contextmanager
def cpu_limit(pages: int = 3000) -> Iterator[None]:
    """Raises `AssertionError` after the CPU time of so many ordinary pages: generous, only unbounded growth reaches it.

    A slow or busy machine and the measurement of coverage slow both down.
    """
    limit = pages * ordinary_page_seconds()

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"not done after {limit:.1f} s of CPU time, in which {pages} ordinary pages are read")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
