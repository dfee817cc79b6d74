"""The exit code of a crawl that a command has run."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError as ScrapyUsageError
from scrapy.settings import BaseSettings

from vokcrawl.cli import complain
from vokcrawl.errors import ExitCode, StorageError, VokcrawlError
from vokcrawl.extensions.progress import ProgressExtension
from vokcrawl.extensions.run import RunExtension
from vokcrawl.monitors.runner import report_failed_start
from vokcrawl.policy.outcome import WORDS
from vokcrawl.runs.run import Run
from vokcrawl.utils.crawl_failure import failure_of

logger = logging.getLogger(__name__)

# The message of `scrapy.utils.misc.load_object`.
_QUOTED = re.compile(r"'(.*)'$")
_NO_SUCH_OBJECT = re.compile(r"Module '([\w.]+)' doesn't define any object named '(\w+)'")


def exit_code_of(command: str, crawler: Crawler, task: Any, bootstrap_failed: bool) -> int:
    """Return the exit code of a crawl whose `task` (from `CrawlerProcess.crawl`) has ended.

    An error that prevented the start is passed to the monitors and printed under the command's name. Unexpected errors
    are raised.
    """
    failure = failure_of(task)
    if isinstance(failure, VokcrawlError):
        _close(crawler, failure.exit_code)
        report_failed_start(failure, crawler.settings)
        complain(command, failure)
        return int(failure.exit_code)
    if failure is not None:
        _close(crawler, ExitCode.USAGE)
        complain(command, _failed_start(failure, crawler.settings))
        return int(ExitCode.USAGE)
    extension = crawler.get_extension(RunExtension)
    if extension is None:
        return int(ExitCode.USAGE) if bootstrap_failed else int(ExitCode.OK)
    progress = crawler.get_extension(ProgressExtension)
    if progress is not None:
        progress.finish(extension.outcome, extension.exit_code)
    return int(extension.exit_code)


def preview_failure(command: str, task: Any, bootstrap_failed: bool, settings: BaseSettings) -> int:
    """Return the exit code of a preview (`config.PREVIEW`), 0 if it was carried out; prints what prevented it."""
    failure = failure_of(task)
    if isinstance(failure, VokcrawlError):
        complain(command, failure)
        return int(failure.exit_code)
    if failure is not None:
        complain(command, _failed_start(failure, settings))
        return int(ExitCode.USAGE)
    return int(ExitCode.USAGE) if bootstrap_failed else int(ExitCode.OK)


@contextmanager
def starting(settings: BaseSettings) -> Iterator[None]:
    """Turns errors of a crawl that Scrapy cannot create, or of its event loop, into `scrapy.exceptions.UsageError`."""
    try:
        yield
    except (ScrapyUsageError, VokcrawlError):
        raise
    except Exception as failure:
        raise ScrapyUsageError(_failed_start(failure, settings), print_help=False) from failure


def _failed_start(failure: BaseException, settings: BaseSettings) -> str:
    """The error message for a component that could not be created or opened; the traceback is logged at DEBUG."""
    logger.debug("The crawl could not start", exc_info=failure)
    for error in _chain(failure):
        for name, path in _missing_paths(error, settings):
            return f"{name}: {path!r} cannot be loaded: {error}; correct the path, or remove it from the settings"
    if isinstance(failure, (ValueError, TypeError)) and _is_in_scrapy(failure):
        # Scrapy reads some settings while it creates components, and its errors do not name the setting.
        names = " or ".join(_names_of(failure, settings)) or "a setting of Scrapy"
        return f"{names} has an invalid value: {failure}"
    last = traceback.extract_tb(failure.__traceback__)[-1]
    return (
        f"a component could not be started: {type(failure).__name__}: {failure} ({last.filename}, line {last.lineno}); "
        "mend it, or remove it from the settings"
    )


def _chain(failure: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception, and those that led to it."""
    while failure is not None:
        yield failure
        failure = failure.__cause__ or failure.__context__


def _names_of(failure: BaseException, settings: BaseSettings) -> Iterator[str]:
    """Yield the settings whose value an exception quotes, and which the user has set."""
    quoted = _QUOTED.search(str(failure))
    for name in sorted(map(str, settings)) if quoted is not None else ():
        if quoted is not None and str(settings[name]) == quoted[1] and (settings.getpriority(name) or 0) > 0:
            yield name


def _missing_paths(failure: BaseException, settings: BaseSettings) -> Iterator[tuple[str, str]]:
    """Yield the settings that name what could not be loaded, each with the path."""
    if isinstance(failure, ModuleNotFoundError) and failure.name:
        missing = failure.name
    elif isinstance(failure, NameError) and (found := _NO_SUCH_OBJECT.fullmatch(str(failure))):
        missing = f"{found[1]}.{found[2]}"
    else:
        return
    for name in sorted(map(str, settings)):
        # Not `get`, which warns of deprecated names.
        for path in _texts(settings[name]):
            if path == missing or path.startswith(f"{missing}."):
                yield name, path


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in a value, at any depth: `FEEDS` has the options of each feed in a dict of their own."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from _texts(pair)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _is_in_scrapy(failure: BaseException) -> bool:
    """Whether the exception was raised by Scrapy, or by Python for it."""
    frames = traceback.extract_tb(failure.__traceback__)
    return bool(frames) and "site-packages" in frames[-1].filename


def _close(crawler: Crawler, code: ExitCode) -> None:
    """Close the run of a crawl that could not be created; left open, the next run would report it as crashed."""
    run = getattr(crawler.spider, "run", None)
    if not isinstance(run, Run) or run.row.ended_at is not None:
        return
    try:
        run.close(WORDS[code], code, requests=0)
    except StorageError as failure:
        complain("crawl", failure)
