"""Processes batches in several processes, and returns the results in order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import TypeVar

from vokcrawl.errors import ReplayError

Batch = TypeVar("Batch")
Mark = TypeVar("Mark")
Result = TypeVar("Result")

# Number of batches per process to read ahead, which limits memory.
_AHEAD = 3


def in_order(
    items: Iterator[Mark | list[Batch]],
    work: Callable[[list[Batch]], Result],
    workers: int,
) -> Iterator[Mark | Result]:
    """Yield the items in order, with each batch (a list) replaced by its result; other items are passed on.

    Raises `ReplayError` if a process dies.
    """
    if workers == 1:
        for item in items:
            yield work(item) if isinstance(item, list) else item
        return
    waiting: deque[Mark | Future[Result]] = deque()
    batches = 0
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context(_method()), _prepare)
    try:
        for item in items:
            if isinstance(item, list):
                waiting.append(pool.submit(work, item))
                batches += 1
            else:
                waiting.append(item)
            while waiting and (batches > workers * _AHEAD or not isinstance(waiting[0], Future)):
                first = waiting.popleft()
                batches -= isinstance(first, Future)
                yield first.result() if isinstance(first, Future) else first
        while waiting:
            first = waiting.popleft()
            yield first.result() if isinstance(first, Future) else first
    except BrokenProcessPool as failure:
        raise ReplayError(
            "a worker process died; it was killed, or out of memory. The archives are unchanged; run again, with fewer "
            "--workers if memory is short"
        ) from failure
    finally:
        # Waits for the processes, because one that outlives Python's exit would write to closed pipes.
        pool.shutdown(cancel_futures=True)


def _method() -> str:
    # A fork needs no imports, but is unsafe with system libraries of other platforms.
    return "fork" if sys.platform == "linux" else "spawn"


def _prepare() -> None:
    # Ctrl-C is sent to all processes of a terminal; the main process handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_exit_after, args=(parent,), daemon=True).start()


def _exit_after(parent: BaseProcess) -> None:
    """End this process when its parent has ended; a killed parent cannot do that, and the queue never ends."""
    parent.join()
    os._exit(1)
