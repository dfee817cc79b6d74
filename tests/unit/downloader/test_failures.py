"""How failed requests are named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError, IgnoreRequest
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed

from vokcrawl.downloader.failures import name_of
from vokcrawl.utils.component_error import component_error_of


class UnheardOf(Exception):
    """An exception that nothing here has a name for."""


def failed_because(cause: Exception) -> DownloadFailedError:
    """Scrapy's exception for an answer that failed for this cause, as its download handler raises it."""
    error = DownloadFailedError("failed")
    error.__cause__ = ResponseFailed([Failure(cause)])
    return error


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (UnheardOf("?"), "UnheardOf"),
        (ValueError("?"), "ValueError"),
        (DownloadTimeoutError("?"), "timeout"),
        (failed_because(ConnectionLost()), "connection"),
        (failed_because(ConnectionDone()), "connection"),
        (failed_because(UnheardOf()), "UnheardOf"),
        (DownloadFailedError("without a cause"), "connection"),
        (ConnectionLost(), "connection"),
        (OSError("network is unreachable"), "connection"),
    ],
)
def test_only_a_lost_connection_is_called_connection(error: Exception, name: str) -> None:
    assert name_of(Failure(error)) == name


def raised_by(code: str, module: str) -> Failure:
    """The failure of a middleware with this method in a module of this name."""
    namespace: dict[str, object] = {"__name__": module, "Plain": Plain}
    exec(code, namespace)  # noqa: S102  a frame of another module
    try:
        namespace["Middleware"]().process_request()  # type: ignore[operator]
    except Exception:
        return Failure()
    raise AssertionError("it raises")


class Plain:
    """The base class of a middleware that is the user's."""

    def process_request(self) -> None:
        raise IgnoreRequest("Forbidden by robots.txt")

    def results(self) -> Iterator[float]:
        yield 1 / 0


RAISES = "class Middleware:\n    def process_request(self):\n        raise OSError('boom')\n"
CALLS = "class Middleware(Plain):\n    def process_request(self):\n        super().process_request()\n"


def test_an_error_of_a_users_middleware_says_nothing_about_the_site() -> None:
    failure = raised_by(RAISES, "my_things")
    assert name_of(failure) == "component_error"
    sentence = "my_things.Middleware.process_request raised OSError: boom (<string>, line 3)"
    assert component_error_of(failure.value) == sentence


@pytest.mark.parametrize("module", ["scrapy.middleware", "vokcrawl.downloader.x", "scrapy_splash"])
def test_an_error_of_another_middleware_keeps_its_name(module: str) -> None:
    failure = raised_by(RAISES, module)
    assert component_error_of(failure.value) is None
    assert name_of(failure) == "connection"


def test_what_a_base_class_raises_is_not_the_users_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "__name__", "scrapy.downloadermiddlewares.robotstxt")
    assert name_of(raised_by(CALLS, "my_things")) == "robots_forbidden"


PASSES_ON = "class Middleware:\n    def process_spider_output(self):\n        yield from Plain().results()\n"
RAISES_THERE = "class Middleware:\n    def process_spider_output(self):\n        yield from [1 / 0]\n"


@pytest.mark.parametrize(("code", "is_the_users"), [(PASSES_ON, False), (RAISES_THERE, True)])
def test_an_error_of_a_callback_is_not_that_of_the_middleware_that_reads_its_results(
    code: str, is_the_users: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "__name__", "vokcrawl.spiders.vok")
    namespace: dict[str, Any] = {"__name__": "my_things", "Plain": Plain}
    exec(code, namespace)  # noqa: S102  a frame of another module
    with pytest.raises(ZeroDivisionError) as raised:
        list(namespace["Middleware"]().process_spider_output())
    assert (component_error_of(raised.value) is not None) == is_the_users
