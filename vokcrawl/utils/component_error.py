"""Errors of the user's middlewares and download handlers, recognised by the code that raised them."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from types import FrameType, TracebackType

# Methods that Scrapy calls for a request or a response.
_REQUEST_HOOKS = frozenset(
    {"process_request", "process_response", "process_exception", "process_spider_input", "download_request"}
)
# Methods through which Scrapy reads the results of a callback, whose own errors pass them, too.
_RESULT_HOOKS = frozenset({"process_spider_output", "process_spider_output_async", "process_spider_exception"})
# The packages whose components are not the user's.
_NOT_THE_USERS = frozenset({"scrapy", "scrapy_splash", "vokcrawl"})


def component_error_of(error: BaseException | None) -> str | None:
    """Return what a middleware or a handler of the user's raised, in one sentence; None for any other exception.

    A subclass of a component of Scrapy or of this project is the user's only where its own code raised.
    """
    frames = list(_frames_of(error.__traceback__)) if error is not None else []
    hooks = [each for each, frame in enumerate(frames) if frame.f_code.co_name in _REQUEST_HOOKS | _RESULT_HOOKS]
    if error is None or not hooks or not _is_the_users(frames[hooks[-1]]):
        return None
    hook, behind = frames[hooks[-1]], frames[hooks[-1] + 1 :]
    if hook.f_code.co_name in _RESULT_HOOKS and not all(map(_is_the_users, behind)):
        return None
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{_module_of(hook)}.{hook.f_code.co_qualname}"
    return f"{where} raised {type(error).__name__}: {error} ({last.filename}, line {last.lineno})"


def _is_the_users(frame: FrameType) -> bool:
    return _module_of(frame).partition(".")[0] not in _NOT_THE_USERS


def _module_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "?"))


def _frames_of(trace: TracebackType | None) -> Iterator[FrameType]:
    """Yield the frames of a traceback, the one that raised last."""
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next
