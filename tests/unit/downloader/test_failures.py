"""How failed requests are named."""

from __future__ import annotations

import pytest
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError, IgnoreRequest
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed

from vokcrawl.downloader.failures import component_error_of, name_of


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


RAISES = "class Middleware:\n    def process_request(self):\n        raise OSError('boom')\n"
CALLS = "class Middleware(Plain):\n    def process_request(self):\n        super().process_request()\n"


def test_an_error_of_a_users_middleware_says_nothing_about_the_site() -> None:
    failure = raised_by(RAISES, "my_things")
    assert name_of(failure) == "component_error"
    sentence = "my_things.Middleware.process_request raised OSError: boom (<string>, line 3)"
    assert component_error_of(failure) == sentence


@pytest.mark.parametrize("module", ["scrapy.middleware", "vokcrawl.downloader.x", "scrapy_splash"])
def test_an_error_of_another_middleware_keeps_its_name(module: str) -> None:
    failure = raised_by(RAISES, module)
    assert component_error_of(failure) is None
    assert name_of(failure) == "connection"


def test_what_a_base_class_raises_is_not_the_users_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "__name__", "scrapy.downloadermiddlewares.robotstxt")
    assert name_of(raised_by(CALLS, "my_things")) == "robots_forbidden"
