"""Pydantic models whose validators are built on first use: most commands need few of them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel, ConfigDict
from typing_extensions import override


class LazyModel(BaseModel):
    """Base of these models. Ctrl-C during the build of a validator takes effect when it is complete."""

    model_config = ConfigDict(defer_build=True)

    @classmethod
    @override
    def model_rebuild(cls, **options: Any) -> bool | None:
        """Build the validators, as pydantic does on first use."""
        # The names of annotations are looked up in the caller's frame, which is one further away.
        options["_parent_namespace_depth"] = options.get("_parent_namespace_depth", 2) + 1
        with _interrupts_deferred():
            return super().model_rebuild(**options)


@contextmanager
def _interrupts_deferred() -> Iterator[None]:
    """Defer SIGINT to the end of the block.

    pydantic compiles regular expressions with Python's, whose KeyboardInterrupt it discards: Ctrl-C would be lost, and
    a valid value refused.
    """
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or previous is None:
        yield
        return
    deferred: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: deferred.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
        if deferred:
            signal.raise_signal(signal.SIGINT)
