"""Work on portions in several processes, whose results come in the order of the portions."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from vokcrawl.errors import ReplayError

Portion = TypeVar("Portion")
Mark = TypeVar("Mark")
Result = TypeVar("Result")

# So many portions for each process are read ahead: none waits, and memory stays bounded.
_AHEAD = 3


def in_order(
    items: Iterator[Mark | list[Portion]],
    work: Callable[[list[Portion]], Result],
    workers: int,
) -> Iterator[Mark | Result]:
    """The items in their order, and in place of each portion (a list) its result. Other items pass as they are.

    Raises `ReplayError` when a process dies.
    """
    if workers == 1:
        for item in items:
            yield work(item) if isinstance(item, list) else item
        return
    waiting: deque[Mark | Future[Result]] = deque()
    portions = 0
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context(_method()), _prepare)
    try:
        for item in items:
            if isinstance(item, list):
                waiting.append(pool.submit(work, item))
                portions += 1
            else:
                waiting.append(item)
            while waiting and (portions > workers * _AHEAD or not isinstance(waiting[0], Future)):
                first = waiting.popleft()
                portions -= isinstance(first, Future)
                yield first.result() if isinstance(first, Future) else first
        while waiting:
            first = waiting.popleft()
            yield first.result() if isinstance(first, Future) else first
    except BrokenProcessPool as failure:
        raise ReplayError(
            "a process that read pages died: was it killed, or out of memory? Nothing of the archives was changed; "
            "run again, with fewer --workers if memory is short"
        ) from failure
    finally:
        # Waiting for its processes: one that is still ending when Python ends meets pipes that are closed already.
        pool.shutdown(cancel_futures=True)


def _method() -> str:
    # A fork has all modules loaded at once. Elsewhere libraries of the system do not bear it.
    return "fork" if sys.platform == "linux" else "spawn"


def _prepare() -> None:
    # Ctrl-C reaches all processes of a terminal: the one that holds the folder decides what follows.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
