"""A Redis server in a child process, which can be killed and started again with the same port and directory."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.children import BenchmarkError

MISSING = "no redis-server in the PATH; `apt-get install redis-server` installs one on Debian 12"
_START_SECONDS = 30


class RedisServer:
    """``with RedisServer(folder) as server:`` runs a server at ``server.url``, with its data in the directory."""

    def __init__(self, folder: Path, *settings: str, password: str | None = None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as bound:
            self.port = int(bound.getsockname()[1])
        self.url = f"redis://{'' if password is None else f':{password}@'}127.0.0.1:{self.port}/0"
        self.folder = folder
        self._password = password
        self._settings = [*settings, *(("--requirepass", password) if password is not None else ())]
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def program() -> str:
        """Return the path of the program. Raises `BenchmarkError` if it is missing."""
        found = shutil.which("redis-server")
        if found is None:
            raise BenchmarkError(MISSING)
        return found

    def client(self, **given: Any) -> Any:
        """Return a client of the server; `given` are arguments of `redis.Redis`."""
        # An optional package.
        from redis import Redis  # noqa: PLC0415

        return Redis(port=self.port, **{"decode_responses": True, "password": self._password, **given})

    def start(self) -> None:
        """Start the server with the data in its directory, and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        given = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""]
        command = [self.program(), *given, "--appendonly", "yes", "--loglevel", "warning", *self._settings]
        log = self.folder / "redis.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise BenchmarkError(f"{' '.join(command)}: no answer: {log.read_text(encoding='utf-8')}")
            time.sleep(0.01)

    def kill(self) -> None:
        """Kill the server without a clean shutdown."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends the server with SIGTERM."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(_START_SECONDS)
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
