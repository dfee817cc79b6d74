"""Scrapy's HTTP/1.1 protocol, extended to accept what browsers accept, and to record the bytes sent and received.

Twisted sorts headers, changes their case and decodes chunked bodies; the original bytes are only available here. This
needs private parts of Twisted and Scrapy; both are pinned.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.web._newclient import HTTP11ClientProtocol, Request
from twisted.web.http_headers import InvalidHeaderName
from twisted.web.iweb import IResponse
from typing_extensions import override

from vokcrawl.warc.http_exchange import strip_interim

logger = logging.getLogger(__name__)

# Browsers accept longer ones still.
LONGEST_HEADER_LINE = 64 * 1024
# Attribute of a response with its `Wire`.
_WIRE = "_vok_wire"


class Wire:
    """The bytes of one request and its response. At most `most` bytes are kept; `full` is set if there were more."""

    def __init__(self, request: bytes, most: int) -> None:
        self.began = datetime.now(UTC)
        self.request = request
        self.full = False
        self.ended = False
        self._room = most
        self._received: list[bytes] = []

    def receive(self, data: bytes) -> None:
        """Record received bytes."""
        if self.ended:
            return
        if len(data) > self._room:
            data, self.full = data[: self._room], True
        self._room -= len(data)
        self._received.append(data)

    def end(self, rest: bytes) -> None:
        """Note the end of the response; `rest` was received after it and is not part of it."""
        self.ended = True
        if rest and not self.full:
            self._received = [b"".join(self._received)[: -len(rest)]]

    def response(self) -> bytes:
        """Return the bytes of the response received so far."""
        return strip_interim(b"".join(self._received))


class _Head(list[bytes]):
    """A substitute for a transport, which collects the head of a request."""

    def writeSequence(self, lines: list[bytes]) -> None:
        self.extend(lines)


class HeaderLineTooLong(Exception):
    """A line of a response's head is longer than `LONGEST_HEADER_LINE` bytes. Raised by the parser."""


class TolerantParser(_LenientHTTPClientParser):
    """Accepts header lines of 64 KiB (a long Content-Security-Policy), and skips names that are no tokens."""

    MAX_LENGTH = LONGEST_HEADER_LINE

    def headerReceived(self, name: bytes, value: bytes) -> None:
        """Takes a header; one with an invalid name is skipped."""
        try:
            super().headerReceived(name.strip(), value)
        except InvalidHeaderName:
            logger.debug("Skipped the header %r of a response: the name is invalid", name[:100])

    def lineLengthExceeded(self, line: bytes) -> None:
        """Raises `HeaderLineTooLong`."""
        raise HeaderLineTooLong(f"{len(line)} bytes or more, beginning with {line[:60]!r}")


class TolerantProtocol(_LenientHTTP11ClientProtocol):
    """One connection whose responses are parsed by `TolerantParser`."""

    def request(self, request: Request) -> Deferred[IResponse]:
        """Sends a request."""
        answer = super().request(request)
        # As Scrapy's own protocol does it, for the same reason: Twisted names its parser's class in the midst of this.
        if self._parser is not None:
            self._parser.__class__ = TolerantParser
        return answer


class WiredProtocol(TolerantProtocol):
    """One connection. `wire_of` returns the recorded bytes of its responses."""

    _wire: Wire | None = None
    most = 0

    @override
    def request(self, request: Request) -> Deferred[IResponse]:
        wire = self._wire = Wire(_sent(request), self.most)

        def attach(response: IResponse) -> IResponse:
            setattr(response, _WIRE, wire)
            return response

        return super().request(request).addCallback(attach)

    @override
    def dataReceived(self, data: bytes) -> None:
        if self._wire is not None:
            self._wire.receive(data)
        super().dataReceived(data)

    def _finishResponse(self, rest: bytes) -> None:
        if self._wire is not None:
            self._wire.end(rest)
        super()._finishResponse(rest)


class TolerantFactory(_LenientHTTP11ClientFactory):
    """Builds tolerant protocols, for a run without an archive."""

    @override
    def buildProtocol(self, addr: IAddress | None) -> HTTP11ClientProtocol:
        return TolerantProtocol(self._quiescentCallback)


class WiredFactory(_LenientHTTP11ClientFactory):
    """Builds these protocols. At most `most` bytes of a response are recorded."""

    def __init__(self, most: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._most = most

    @override
    def buildProtocol(self, addr: IAddress | None) -> HTTP11ClientProtocol:
        protocol = WiredProtocol(self._quiescentCallback)
        protocol.most = self._most
        return protocol


def wire_of(response: Any) -> Wire | None:
    """Return the recorded bytes of a Twisted response."""
    found: Wire | None = getattr(response, _WIRE, None)
    return found


def _sent(request: Request) -> bytes:
    """Return a request as it is written to the connection; only requests to Splash have a body."""
    head = _Head()
    producer = request.bodyProducer
    request._writeHeaders(head, b"Content-Length: %d\r\n" % producer.length if producer is not None else None)
    body = producer.body if producer is not None else b""
    return b"".join(head) + body
