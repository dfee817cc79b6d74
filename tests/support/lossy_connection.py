"""A connection to a server that can lose a response: the request arrives, the response does not."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class LossyConnection:
    """``with CutOff(port) as wire:`` forwards ``wire.port`` to a port of this machine.

    `cut` drops the next response to a request that contains these bytes, and closes the connection.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._marked: bytes | None = None
        self.cuts = 0

    def cut(self, marked: bytes) -> None:
        self._marked = marked

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self._to)) as server:
            server.settimeout(0.05)
            client.settimeout(0.05)
            marked = False
            while True:
                asked = self._received(client)
                if asked == b"":
                    return
                if asked is not None:
                    marked |= self._marked is not None and self._marked in asked
                    server.sendall(asked)
                answer = self._received(server)
                if answer == b"":
                    return
                if answer is not None and marked:
                    self._marked = None
                    self.cuts += 1
                    return
                if answer is not None:
                    client.sendall(answer)

    @staticmethod
    def _received(side: socket.socket) -> bytes | None:
        """The received bytes, empty at the end of the connection, None while nothing is received."""
        try:
            return side.recv(1 << 20)
        except TimeoutError:
            return None
