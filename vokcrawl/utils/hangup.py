"""SIGHUP, which a closed terminal sends, ends a crawl like SIGTERM."""

from __future__ import annotations

import signal


def end_on_hangup() -> None:
    """Handles SIGHUP like SIGTERM, unless it is ignored (`nohup`). Call it before Scrapy installs its handlers."""
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) is signal.SIG_DFL:
        signal.signal(hangup, lambda *_: signal.raise_signal(signal.SIGTERM))
