"""The sample site gone wrong: chosen answers are replaced or altered, before or while they are sent.

`HostileSite` changes what is said: it gives another page, or a changed one. `HostileServer` changes how it is sent: the
connection is reset, the page is cut off, the answer never comes. Everything else is the sample site's own.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from aiohttp import web

from vokcrawl.sample import Answer, SampleServer, SampleSite

_IDENTITY = re.compile(r"/newstream/(\d{10}-\d+)")
# Makes another answer of the site's own.
Change = Callable[[Answer], Answer]


@dataclass
class _Times:
    """Something that happens for a number of times; -1 is always."""

    what: Any
    times: int

    def take(self) -> Any:
        if self.times == 0:
            return None
        self.times -= self.times > 0
        return self.what


class _Keyed:
    """What happens to which requests. A key is an article's id, a path, or a path with its query."""

    def __init__(self) -> None:
        self._kept: dict[str, _Times] = {}

    def put(self, key: str, what: object, times: int) -> None:
        self._kept[_plain(key)] = _Times(what, times)

    def take(self, target: str) -> Any:
        path = target.partition("?")[0]
        identity = _IDENTITY.match(path)
        for key in (target, path, identity[1] if identity else path):
            if (kept := self._kept.get(_plain(key))) is not None:
                return kept.take()
        return None


def _plain(key: str) -> str:
    return key.rstrip("/") or "/"


class HostileSite(SampleSite):
    """A sample site, without faults of its own by default, whose responses can be changed one by one."""

    def __init__(self, articles: int = 12, **options: Any) -> None:
        super().__init__(articles, **{"faults": (), **options})
        self._changes = _Keyed()

    def change(self, key: str, change: Change | Answer, times: int = -1) -> None:
        """Changes the next `times` responses for `key` (an article's id, a path, or a path with its query)."""
        self._changes.put(key, change, times)

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        change = self._changes.take(target)
        if change is None:
            return super().answer(method, target, headers)
        if isinstance(change, Answer):
            return change
        # Altered pages are sent in full: a 304 would hide the changes.
        plain = {name: value for name, value in headers.items() if not name.lower().startswith("if-")}
        changed: Answer = change(super().answer(method, target, plain))
        return with_body(changed, changed.body)


class Wire(Enum):
    """What can happen to a response on the wire."""

    RESET = auto()  # the connection is closed before a byte was sent
    CUT = auto()  # half of what Content-Length promises is sent
    HANG = auto()  # nothing is sent, and nothing closed


class HostileServer(SampleServer):
    """Serves any sample site, and damages chosen responses on the wire."""

    def __init__(self, site: SampleSite) -> None:
        super().__init__(site)
        self._breaks = _Keyed()

    def disturb(self, key: str, wire: Wire, times: int = -1) -> None:
        """Damages the next `times` responses for `key` that way."""
        self._breaks.put(key, wire, times)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:  # type: ignore[override]
        answer = await super()._handle(request)
        wire = self._breaks.take(request.raw_path)
        if wire is Wire.HANG:
            # Until the client has had enough and goes away, or the server is closed.
            while request.transport is not None and not request.transport.is_closing():
                await asyncio.sleep(0.05)
        elif wire is Wire.CUT:
            body = answer.body if isinstance(answer.body, bytes) else b""
            half = web.StreamResponse(status=answer.status, headers=answer.headers)
            await half.prepare(request)
            await half.write(body[: len(body) // 2])
        if wire is not None and request.transport is not None:
            request.transport.abort() if wire is Wire.RESET else request.transport.close()
        return answer


def with_body(answer: Answer, body: bytes) -> Answer:
    """The same response with another body and its length, without validators of the old body."""
    vouching = ("content-length", "etag", "last-modified")
    headers = [(name, value) for name, value in answer.headers if name.lower() not in vouching]
    return answer._replace(headers=[*headers, ("Content-Length", str(len(body)))], body=body)
