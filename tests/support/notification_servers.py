"""Servers on the loopback interface that receive notifications, well-behaved and hostile ones."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Event, Thread
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.support.servers import free_port


@dataclass(frozen=True)
class Posted:
    """One request: its path with the query, and its JSON."""

    path: str
    json: dict[str, Any]


class Receiver:
    """Records POST requests. `behaviour` selects the response.

    `answers` (200), `refuses` (500), `redirects` (to a page of its own), `lies` (a 200 with a Content-Length of
    gigabytes and no body), `drips` (one byte of a header at a time, without end), `hangs` (no response), `resets` (the
    connection), `babbles` (not HTTP).
    """

    def __init__(self, behaviour: str) -> None:
        self.behaviour = behaviour
        self.posted: list[Posted] = []
        self.elsewhere: list[str] = []
        self._over = Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                receiver.posted.append(Posted(self.path, json.loads(self.rfile.read(length))))
                receiver.treat(self)

            def do_GET(self) -> None:
                receiver.elsewhere.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """Ignores clients that disconnect, which some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def treat(self, handler: BaseHTTPRequestHandler) -> None:
        sock = handler.connection
        match self.behaviour:
            case "answers":
                handler.send_response(200)
                handler.send_header("Content-Length", "2")
                handler.end_headers()
                handler.wfile.write(b"ok")
            case "refuses":
                handler.send_error(500)
            case "redirects":
                handler.send_response(302)
                handler.send_header("Location", f"{self.url}/elsewhere")
                handler.end_headers()
            case "lies":
                handler.send_response(200)
                handler.send_header("Content-Length", str(10**12))
                handler.end_headers()
                self._over.wait()
            case "drips":
                sock.sendall(b"HTTP/1.1 200 OK\r\n")
                while not self._over.wait(0.05):
                    sock.sendall(b"X-Drip: 1\r\n")
            case "hangs":
                self._over.wait()
            case "resets":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                sock.close()
            case "babbles":
                sock.sendall(bytes(range(256)) * 40)
                sock.close()

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()


class MailServer:
    """A real SMTP server. With a user it accepts mail only after a login.

    With `tls` it uses TLS: from the beginning if `at_once`, otherwise after STARTTLS.
    """

    def __init__(
        self,
        user: str | None = None,
        password: str | None = None,
        tls: SSLContext | None = None,
        at_once: bool = False,
    ) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: list[list[str]] = []

        def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
            good = isinstance(data, LoginPassword) and (data.login, data.password) == (
                str(user).encode(),
                str(password).encode(),
            )
            return AuthResult(success=good, handled=False)

        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            # It wants to know where it is before it has begun.
            port=free_port(),
            auth_required=user is not None,
            auth_require_tls=tls is not None and not at_once,
            authenticator=check,
            **({"ssl_context": tls} if at_once else {"tls_context": tls, "require_starttls": tls is not None}),
        )

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 taken"

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
