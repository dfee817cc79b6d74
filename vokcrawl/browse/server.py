"""Serves the pages on the loopback interface, and follows new runs."""

from __future__ import annotations

import errno
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm

from vokcrawl.browse.database import BrowseDatabase
from vokcrawl.browse.pages import ROUTE, Pages
from vokcrawl.browse.rendering import STATIC
from vokcrawl.errors import StorageError, UsageError, VokcrawlError

HOST = "127.0.0.1"
# How often the output directory is checked for new records.
_FOLLOW_SECONDS = 2.0
_SETTINGS = {
    # The archive may grow at any time.
    "default_cache_ttl": 0,
    "suggest_facets": False,
    # Copies of the whole database are for `scrapy export`.
    "allow_download": False,
    "sql_time_limit_ms": 3000,
    "template_debug": False,
}
_EXCEPTION_PLUGIN = "datasette.handle_exception"
# For Datasette's own pages, which have scripts and styles in the page.
_POLICY = (
    "default-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    b"content-security-policy": _POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-cache",
}

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """A socket on the loopback interface; port 0 means any free one. Raises `UsageError` if it is not available."""
    try:
        bound = socket.create_server((HOST, port), backlog=128)
    except OSError as failure:
        reason = "already in use" if failure.errno == errno.EADDRINUSE else failure.strerror or str(failure)
        raise UsageError(f"--port: {port}: {reason} on {HOST}; choose another port, or 0 for any free one") from failure
    with bound:
        yield bound


class Site:
    """Datasette with our pages on the current database."""

    def __init__(self, source: BrowseDatabase, pages: Pages) -> None:
        self._source = source
        self._pages = pages
        # Datasette's own handler prints a traceback for each address that does not exist.
        self._replaced = pm.unregister(name=_EXCEPTION_PLUGIN)
        pm.register(pages)
        self._datasette = Datasette(files=[], settings=_SETTINGS, static_mounts=[("browse", str(STATIC))])
        self._datasette.remove_database("_memory")
        self._number = 0
        # The database before the current one: a request may still be reading it.
        self._before: Any = None

    def publish(self) -> None:
        """Show the database that was built last."""
        self._number += 1
        shown = Database(self._datasette, path=str(self._source.path), is_mutable=False)
        # Datasette keeps connections by name, so each database needs its own; the URL stays the same.
        before, outdated = self._pages.database, self._before
        if before is not None:
            self._datasette.remove_database(before.name)
        self._pages.database = self._datasette.add_database(shown, name=f"archive{self._number}", route=ROUTE)
        self._before = before
        if outdated is not None:
            outdated.close()

    def application(self, port: int) -> Application:
        """The ASGI application, which answers only requests to this port of the loopback interface."""
        return _guarded(self._datasette.app(), {f"{HOST}:{port}", f"localhost:{port}"})

    def close(self) -> None:
        """Release the plugin and all connections."""
        pm.unregister(self._pages)
        pm.register(self._replaced, _EXCEPTION_PLUGIN)
        self._datasette.executor.shutdown()
        for each in (self._before, self._pages.database):
            if each is not None:
                each.close()


def serve(
    bound: socket.socket, sources: Sequence[BrowseDatabase], pages: Pages, report: Callable[[VokcrawlError], None]
) -> None:
    """Serve until SIGINT or SIGTERM. The databases must be built; they are built again when records were added.

    The first one is that of the pages, the others are those of other archives.

    `report` is called with an error that prevents that, once until it succeeds again.
    """
    site = Site(sources[0], pages)
    site.publish()
    config = uvicorn.Config(
        site.application(bound.getsockname()[1]),
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="vokcrawl-browse")
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    thread.start()
    try:
        _follow(site, sources, thread, report)
    except KeyboardInterrupt:
        # The usual end.
        pass
    finally:
        signal.signal(signal.SIGTERM, previous)
        server.should_exit = True
        thread.join()
        site.close()


def _follow(
    site: Site, sources: Sequence[BrowseDatabase], thread: threading.Thread, report: Callable[[VokcrawlError], None]
) -> None:
    failed = False
    while thread.is_alive():
        time.sleep(_FOLLOW_SECONDS)
        try:
            built = [source.refresh() for source in sources]
        except VokcrawlError as failure:
            if not failed:
                report(failure)
            failed = True
            continue
        failed = False
        if built[0]:
            site.publish()
    raise StorageError("the server ended unexpectedly; start it again")


def _guarded(application: Application, hosts: set[str]) -> Application:
    """Refuse requests to other host names, which another site could make a browser send (DNS rebinding).

    Everything is read-only; only GET and HEAD are answered. Headers that a response lacks are added.
    """

    async def guarded(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        refused = _refusal(scope, hosts)
        if refused is not None:
            status, text = refused
            headers = [(b"content-type", b"text/plain; charset=utf-8"), *_HEADERS.items()]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": text.encode()})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [(name.lower(), value) for name, value in message.get("headers", ())]
                names = {name for name, _ in given}
                added = [(name, value) for name, value in _HEADERS.items() if name not in names]
                message = {**message, "headers": [*given, *added]}
            await send(message)

        await application(scope, receive, send_with_headers)

    return guarded


def _refusal(scope: Message, hosts: set[str]) -> tuple[int, str] | None:
    """Return status and text for a request that is not answered; None for any other."""
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower()
    if host not in hosts:
        return 421, f"This server answers only to {' and '.join(sorted(hosts))}.\n"
    if scope["method"] not in ("GET", "HEAD"):
        return 405, "Only GET and HEAD: nothing can be changed here.\n"
    if not scope.get("raw_path", b"").isascii():
        return 400, "The address contains characters that must be percent-encoded.\n"
    return None
