"""What a command says about a crawl that has ended."""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module
from io import StringIO
from typing import Any
from unittest import TestCase

import pytest
from scrapy.exceptions import UsageError as ScrapyUsageError
from scrapy.settings import Settings
from scrapy.utils.misc import load_object
from twisted.internet import defer
from twisted.python.failure import Failure

from vokcrawl.commands._exit_code import preview_failure, starting
from vokcrawl.commands.check import _Result
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.spiders.contracts import NoPageError
from vokcrawl.utils.crawl_failure import failure_of


def ended(failure: BaseException | None) -> Any:
    """A task that has ended."""
    future: asyncio.Future[None] = asyncio.Future(loop=asyncio.new_event_loop())
    if failure is None:
        future.set_result(None)
    else:
        future.set_exception(failure)
    future.get_loop().close()
    return future


def test_the_failure_of_a_crawl_is_found_in_a_task_and_in_a_deferred() -> None:
    failure = UsageError("wrong")
    assert failure_of(ended(failure)) is failure
    assert failure_of(ended(None)) is None
    assert failure_of(defer.fail(Failure(failure))) is failure
    assert failure_of(defer.succeed(None)) is None
    assert failure_of(defer.Deferred()) is None


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("SCHEDULER", "nosuch.Scheduler", "nosuch.Scheduler"),
        ("EXTENSIONS", {"nosuch.Extension": 5}, "nosuch.Extension"),
        ("SCHEDULER", "scrapy.core.scheduler.Nothing", "scrapy.core.scheduler.Nothing"),
    ],
)
def test_a_component_that_cannot_be_loaded_is_named_with_its_setting(
    name: str, value: Any, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises((ImportError, NameError)) as failed:
        load_object(path)
    assert preview_failure("parse", ended(failed.value), False, Settings({name: value})) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"scrapy parse: {name}: {path!r} cannot be loaded: ")
    assert said.endswith("; correct the path, or remove it from the settings\n")


def test_a_component_that_cannot_be_loaded_is_found_behind_another_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Scrapy's engine closes itself then, which fails, too."""
    try:
        try:
            load_object("nosuch.Queue")
        finally:
            raise RuntimeError("Engine slot not assigned")
    except RuntimeError as failure:
        found = preview_failure("parse", ended(failure), False, Settings({"SCHEDULER_MEMORY_QUEUE": "nosuch.Queue"}))
    assert found == 2
    assert capsys.readouterr().err.startswith("scrapy parse: SCHEDULER_MEMORY_QUEUE: 'nosuch.Queue' cannot be loaded: ")


@pytest.mark.parametrize(("name", "value"), [("CLOSESPIDER_TIMEOUT", "x"), ("AUTOTHROTTLE_TARGET_CONCURRENCY", "1,5")])
def test_a_value_that_scrapy_cannot_read_is_named_with_its_setting(name: str, value: str) -> None:
    settings = Settings({name: value, "BOT_NAME": "other"})
    with pytest.raises(ScrapyUsageError) as refused, starting(settings):
        settings.getfloat(name)
    assert str(refused.value).startswith(f"{name} has an invalid value: ")


def test_what_is_refused_while_a_crawl_is_created_keeps_its_message() -> None:
    for failure in (UsageError("wrong"), ScrapyUsageError("wrong")):
        with pytest.raises(type(failure)) as refused, starting(Settings()):
            raise failure
        assert refused.value is failure
    settings = Settings({"ADDONS": {"nosuch.A": 1}})
    with pytest.raises(ScrapyUsageError, match=r"^ADDONS: 'nosuch.A' cannot be loaded: "), starting(settings):
        load_object("nosuch.A")


@pytest.mark.parametrize(
    ("failures", "not_fetched", "without_page", "code"),
    [
        ([], [], [], ExitCode.OK),
        ([AssertionError("2 items, expected 1")], ["url"], [], ExitCode.LAYOUT),
        ([], ["url"], ["article"], ExitCode.UNREACHABLE),
        ([], ["status"], [], ExitCode.INCOMPLETE),
        ([], ["status", "url"], [], ExitCode.UNREACHABLE),
        ([], [], ["article"], ExitCode.USAGE),
    ],
)
def test_check_has_an_exit_code_for_each_result_and_no_traceback(
    failures: list[Exception], not_fetched: list[str], without_page: list[str], code: ExitCode
) -> None:
    written = StringIO()
    stream = import_module("unittest.runner")._WritelnDecorator(written)
    result = _Result(stream, True, 1)
    for error in failures:
        try:
            raise error
        except AssertionError:
            result.addFailure(TestCase(), sys.exc_info())
    for name in not_fetched:
        result.add_unfetched(name, ExitCode.INCOMPLETE if name == "status" else ExitCode.UNREACHABLE)
    for name in without_page:
        try:
            raise NoPageError(name)
        except NoPageError:
            result.addError(TestCase(), sys.exc_info())
    result.printErrors()
    assert result.code is code
    assert "Traceback" not in written.getvalue()
    assert all(str(error) in written.getvalue() for error in failures)
