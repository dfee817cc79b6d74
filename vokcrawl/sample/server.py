"""Serves a sample site on a loopback address, in its own thread."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
import time
from types import TracebackType
from typing import NamedTuple, Self
from weakref import WeakSet

from aiohttp import web

from vokcrawl.sample.site import SampleSite

START_SECONDS = 30


class SeenRequest(NamedTuple):
    """A request; ``at`` is ``time.monotonic()`` at its arrival, in seconds."""

    at: float
    method: str
    target: str
    status: int
    headers: dict[str, str]


class SampleServer:
    """``with SampleServer(site) as server:`` serves *site* at ``server.url``; port 0 means any free one.

    ``server.requests`` lists the requests in order of arrival. Raises ValueError if *host* is not a loopback
    address, and OSError if the port is not available.
    """

    def __init__(self, site: SampleSite, port: int = 0, host: str = "127.0.0.1") -> None:
        try:
            loopback = ipaddress.ip_address(host).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            raise ValueError(f"host: {host!r} is not a loopback address such as 127.0.0.1")
        self.site = site
        self.url = ""
        self.requests: list[SeenRequest] = []
        self._address = (host, port)
        self._ready = threading.Event()
        self._error: Exception | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._transports: WeakSet[asyncio.Transport] = WeakSet()

    def reset(self) -> None:
        """Forget the requests seen so far."""
        self.requests.clear()

    def __enter__(self) -> Self:
        host, port = self._address
        # The port is bound before the first page is rendered: absolute URLs contain it.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        bound = socket.create_server((host, port), family=family, backlog=256)
        name = f"[{host}]" if ":" in host else host
        self.url = self.site.base_url = f"http://{name}:{bound.getsockname()[1]}"
        self._ready.clear()
        self._error = None
        self._thread = threading.Thread(target=self._run, args=(bound,), name="vokcrawl-sample", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_SECONDS) or self._error is not None:
            self.close()
            bound.close()
            raise RuntimeError(f"the sample server at {self.url} did not start") from self._error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving, close every connection, and wait for the thread to end. May be called twice."""
        if self._thread is None:
            return
        if self._loop is not None and self._stop is not None:
            # A loop that failed to start is closed already.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = self._loop = self._stop = None

    def _run(self, bound: socket.socket) -> None:
        try:
            asyncio.run(self._serve(bound))
        except (OSError, RuntimeError) as error:
            self._error = error
        finally:
            self._ready.set()

    async def _serve(self, bound: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        # Do not wait for kept-alive connections: the clients of a test may keep them for long.
        runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.SockSite(runner, bound).start()
            self._ready.set()
            await self._stop.wait()
        finally:
            await runner.cleanup()
            # A connection whose client reads no more would wait for it, and stay open when the loop ends.
            for transport in list(self._transports):
                transport.abort()
            await asyncio.sleep(0)

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        at = time.monotonic()
        if request.transport is not None:
            self._transports.add(request.transport)
        target = request.raw_path
        answer = self.site.answer(request.method, target, request.headers)
        self.requests.append(SeenRequest(at, request.method, target, answer.status, dict(request.headers)))
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)
