"""A real PostgreSQL server for the tests, on the loopback interface, with data of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest

from tests.support.servers import START_SECONDS, free_port

# PostgreSQL refuses to run as root; its Debian package makes this user.
_USER = "postgres"


class PostgresqlServer:
    """`url` is that of an empty database; `stop` and `start` make the server go away and come back."""

    def __init__(self) -> None:
        self._bin = _programs()
        self._user = _USER if os.geteuid() == 0 else None
        # Not in pytest's directories, which the server's user must not enter.
        self._folder = Path(tempfile.mkdtemp(prefix="vokcrawl-postgresql-"))
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://{_USER}@127.0.0.1:{self._port}/postgres"

    def __enter__(self) -> Self:
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        words = [
            self._bin / "initdb",
            "-D",
            self._folder / "data",
            "-U",
            _USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(words, user=self._user, cwd="/", check=True, stdout=subprocess.DEVNULL)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        options = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
        words = [self._bin / "postgres", "-D", self._folder / "data", "-p", str(self._port), *options]
        null = subprocess.DEVNULL
        self._process = subprocess.Popen(words, user=self._user, cwd="/", stdout=null, stderr=null)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, "the server has ended"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        if self._process is not None:
            # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
            self._process.send_signal(2)
            self._process.wait(START_SECONDS)
            self._process = None


def _programs() -> Path:
    """The directory of the server's programs; a test fails in continuous integration without them, or is skipped."""
    found = [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    on_path = shutil.which("initdb")
    if found or on_path:
        return found[-1] if found else Path(str(on_path)).parent
    said = "no PostgreSQL; `tests/support/install/postgresql.sh` installs it on Debian"
    if os.environ.get("CI") == "true":
        pytest.fail(said)
    pytest.skip(said)
