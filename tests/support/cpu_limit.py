"""A limit of CPU time, for code that would otherwise never end."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# How much slower code may be while each line of it is traced.
_TRACED = 6


@contextmanager
def cpu_limit(seconds: float = 6) -> Iterator[None]:
    """Raises `AssertionError` after this CPU time, which is generous: only unbounded growth reaches it."""
    limit = seconds * (_TRACED if sys.gettrace() else 1)

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"not done after {limit} s of CPU time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
