"""A sample site behind a server that damages responses on the wire: chosen ones, or some drawn at random.

The possible faults are in `faults`. All other responses are the site's own, and every request is recorded with the
times at which it was received and answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Self

from vokcrawl.sample import Answer, SampleSite

_IDENTITY = re.compile(r"/newstream/(\d{10}-\d+)")
_REASONS = {
    200: "OK",
    302: "Found",
    304: "Not Modified",
    404: "Not Found",
    429: "Too Many Requests",
    503: "Unavailable",
}
# RST in place of FIN when the socket is closed.
_LINGER = struct.pack("ii", 1, 0)

Fault = Callable[["Exchange"], Awaitable[None]]


@dataclass(slots=True)
class Seen:
    """A request: times of `time.monotonic()` in seconds, and the fault of its response.

    `asked` are the seconds of the `Retry-After` of its response.
    """

    at: float
    target: str
    headers: dict[str, str]
    nth: int
    fault: str | None = None
    status: int = 0
    answered: float = 0.0
    asked: float | None = None


@dataclass
class Exchange:
    """A request and its connection, for a fault to use."""

    server: FaultyServer
    seen: Seen
    writer: asyncio.StreamWriter
    keep: bool = True

    def answer(self) -> Answer:
        """The site's own answer, in full: altered pages are not hidden behind a 304."""
        kept = {name: value for name, value in self.seen.headers.items() if not name.startswith("If-")}
        return self.server.site.answer("GET", self.seen.target, kept)

    async def send(self, status: int, headers: Sequence[tuple[str, str]], body: bytes = b"") -> None:
        """Sends a correct response; a Content-Length of the caller is kept."""
        names = {name.lower() for name, _ in headers}
        length = [] if "content-length" in names else [("Content-Length", str(len(body)))]
        await self.write(head(status, [*headers, *length]) + body)

    async def write(self, data: bytes) -> None:
        self.seen.answered = time.monotonic()
        if data.startswith(b"HTTP/"):
            self.seen.status = int(data[9:12])
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Ends the connection with an RST."""
        self.seen.answered = time.monotonic()
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        self.writer.transport.abort()
        self.keep = False

    def close(self) -> None:
        """Closes the connection properly after what was sent."""
        self.seen.answered = time.monotonic()
        self.writer.close()
        self.keep = False


def head(status: int, headers: Sequence[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def _well(exchange: Exchange) -> None:
    """No fault."""
    answer = exchange.server.site.answer("GET", exchange.seen.target, exchange.seen.headers)
    await exchange.send(*answer)


@dataclass
class Draw:
    """Faults at random for this share of the responses: the same for the same seed, whatever the order of requests."""

    faults: Sequence[Fault]
    share: float
    seed: int

    def __call__(self, target: str, nth: int) -> Fault | None:
        drawn = hashlib.sha256(f"{self.seed} {target} {nth}".encode()).digest()
        if int.from_bytes(drawn[:8]) / 2**64 >= self.share:
            return None
        return self.faults[int.from_bytes(drawn[8:16]) % len(self.faults)]


@dataclass
class FaultyServer:
    """`with FaultyServer(site) as server:` serves *site* at `server.url` on a free port of 127.0.0.1."""

    site: SampleSite
    draw: Callable[[str, int], Fault | None] | None = None
    requests: list[Seen] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        self._inflicted: dict[str, tuple[Fault, int]] = {}
        self._counts: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()

    def inflict(self, key: str, fault: Fault, times: int = -1) -> None:
        """Applies the fault to the next `times` responses (-1: all) for a path or an article's id; "*" is all paths."""
        self._inflicted[_plain(key)] = (fault, times)

    def relent(self) -> None:
        """Removes all faults."""
        self._inflicted.clear()
        self.draw = None

    @property
    def refusals(self) -> list[Seen]:
        """The requests that were answered with a `Retry-After`."""
        return [each for each in self.requests if each.asked is not None]

    def of(self, key: str) -> list[Seen]:
        """The requests for a path, or for an article by its id."""
        return [each for each in self.requests if key in each.target]

    def _fault_for(self, target: str, nth: int) -> Fault | None:
        path = target.partition("?")[0]
        identity = _IDENTITY.match(path)
        for key in (target, path, identity[1] if identity else path, "*"):
            fault, times = self._inflicted.get(_plain(key), (None, 0))
            if fault is not None and times != 0:
                self._inflicted[_plain(key)] = (fault, times - (times > 0))
                return fault
        return self.draw(target, nth) if self.draw is not None else None

    def __enter__(self) -> Self:
        bound = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = self.site.base_url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(bound),), name="hostile", daemon=True)
        self._thread.start()
        assert self._ready.wait(30), "the hostile server did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    async def _serve(self, bound: socket.socket) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connection, sock=bound)
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = text.split("\r\n")
        target = line.split(" ")[1]
        headers = {name.strip().title(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        self._counts[target] += 1
        seen = Seen(time.monotonic(), target, headers, self._counts[target])
        self.requests.append(seen)
        fault = self._fault_for(target, seen.nth)
        seen.fault = fault and getattr(fault, "__name__", str(fault))
        exchange = Exchange(self, seen, writer)
        # A client that has had enough and goes away ends the fault too: silences are long.
        acting = asyncio.ensure_future((fault or _well)(exchange))
        gone = asyncio.ensure_future(_gone(reader))
        try:
            await asyncio.wait((acting, gone), return_when=asyncio.FIRST_COMPLETED)
            if acting.done():
                await acting
        finally:
            for each in (acting, gone):
                each.cancel()
            await asyncio.gather(acting, gone, return_exceptions=True)
        return exchange.keep and not reader.at_eof()


async def _gone(reader: asyncio.StreamReader) -> None:
    while not reader.at_eof() and reader.exception() is None:
        await asyncio.sleep(0.05)


def _plain(key: str) -> str:
    return key.rstrip("/") or "/"


def pauses_kept(server: FaultyServer, grace: float) -> list[str]:
    """Requests that were sent during a pause that a refusal asked for; each as a sentence.

    Requests in progress when the refusal was sent are allowed for `grace` seconds.
    """
    return [
        f"{each.target} came {each.at - refusal.answered:.2f} s after {refusal.target} asked for {refusal.asked} s"
        for refusal in server.refusals
        for each in server.requests
        if grace < each.at - refusal.answered < (refusal.asked or 0)
    ]
