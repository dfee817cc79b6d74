"""A limit for what would never end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def patience(seconds: float = 6) -> Iterator[None]:
    """Breaks off what has used so much processor time: generous, so only what grows without measure meets it."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"not done after {seconds} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
