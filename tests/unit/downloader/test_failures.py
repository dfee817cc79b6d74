"""How failed requests are named."""

from __future__ import annotations

import pytest
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed

from vokcrawl.downloader.failures import name_of


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
