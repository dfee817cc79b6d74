"""A real Redis server for the tests: started, killed and started again on the same port and the same folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from servers import free_port

MISSING = "no redis-server in the PATH; `apt-get install redis-server` installs one on Debian 12"
_START_SECONDS = 30


def program() -> str:
    """The server's program. Without one the test fails in continuous integration, and is skipped elsewhere."""
    found = shutil.which("redis-server")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    return found


class RedisServer:
    """``with RedisServer(folder) as server:`` runs one at ``server.url``; what it is told lies in the folder."""

    def __init__(self, folder: Path, *settings: str, password: str | None = None) -> None:
        self.port = free_port()
        self.url = f"redis://{'' if password is None else f':{password}@'}127.0.0.1:{self.port}/0"
        self.folder = folder
        self._password = password
        self._settings = [*settings, *(("--requirepass", password) if password is not None else ())]
        self._process: subprocess.Popen[bytes] | None = None

    def client(self, **given: Any) -> Any:
        from redis import Redis

        return Redis(port=self.port, **{"decode_responses": True, "password": self._password, **given})

    def start(self) -> None:
        """Starts it, with what it holds in its folder, and waits until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        given = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""]
        command = [program(), *given, "--appendonly", "yes", "--loglevel", "warning", *self._settings]
        with (self.folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "redis.log").read_text()
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.01)

    def kill(self) -> None:
        """As when its machine goes down: without a word."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
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


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server that runs as long as the tests of this process; each test takes a prefix of its own on it."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server
