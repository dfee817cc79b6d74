"""A sample site on a server that records every byte it receives and sends, and can change its responses."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import NamedTuple, Self

from vokcrawl.sample import Answer, SampleSite


class Exchange(NamedTuple):
    """A request and its response, as bytes."""

    target: str
    request: bytes
    answer: bytes


Dress = Callable[[str, Answer], bytes]


def plainly(_: str, answer: Answer) -> bytes:
    """A response as any server sends it."""
    return message(answer.status, answer.headers, answer.body)


def message(status: int, headers: list[tuple[str, str]], body: bytes, *more: str) -> bytes:
    """A complete message; `more` are further header lines as they are sent."""
    named = {name.lower() for name, _ in headers} | {line.partition(":")[0].lower() for line in more}
    length = (
        [] if {"content-length", "transfer-encoding"} & named or status == 304 else [f"Content-Length: {len(body)}"]
    )
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Odd"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers), *more, *length, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@dataclass
class RecordingServer:
    """`with WiredServer(site, dress) as server:` serves it at `server.url`; `exchanged` is what went over the wire."""

    site: SampleSite
    dress: Dress = plainly
    tls: ssl.SSLContext | None = None
    exchanged: list[Exchange] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> Self:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="wired", daemon=True)
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, ssl=self.tls)
        scheme = "http" if self.tls is None else "https"
        self.url = self.site.base_url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        server.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not self._stop.is_set():
                request = await reader.readuntil(b"\r\n\r\n")
                method, target, _ = request.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
                lines = (line.partition(": ") for line in request.decode("latin-1").split("\r\n")[1:])
                answer = self.dress(target, self.site.answer(method, target, {name: value for name, _, value in lines}))
                self.exchanged.append(Exchange(target, request, answer))
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
