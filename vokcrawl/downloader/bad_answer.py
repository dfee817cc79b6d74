"""Distinguishes an unreadable response from a lost connection; Scrapy raises the same exception for both."""

from __future__ import annotations

from OpenSSL.SSL import Error as SSLError
from twisted.internet.error import ConnectError, ConnectionClosed, ConnectionLost

__all__ = ["bad_answer_of"]

_OF_CONNECTION = (ConnectionClosed, ConnectionLost, ConnectError, OSError, SSLError)


def bad_answer_of(error: BaseException) -> BaseException | None:
    """Return the name of the fault of a response, such as `HeaderLineTooLong`; None if the connection was lost.

    `error` is Scrapy's `DownloadFailedError`, which was raised from Twisted's `ResponseFailed`.
    """
    failures = getattr(error.__cause__, "reasons", ())
    causes = [getattr(each, "value", each) for each in failures]
    return next((each for each in causes if not isinstance(each, _OF_CONNECTION)), None)
