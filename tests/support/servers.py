"""Starts real servers in child processes, on the loopback interface, and stops them."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.support.children import Process

START_SECONDS = 60


def free_port() -> int:
    """A port that is not in use."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


@contextmanager
def serving(
    command: Sequence[str | PathLike[str]],
    ping: str,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Runs a server until the block ends. It is ready when the URL `ping` returns 200; `log` has its output."""
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=cwd, env=env, stdout=output, stderr=output) as server,
        ready(server, lambda: ping, log),
    ):
        yield


@contextmanager
def ready(server: Process, ping: Callable[[], str], log: Path) -> Iterator[None]:
    """Waits until a server answers a URL with 200, and ends it with the block; `log` has its output.

    `ping` returns the URL, or "" as long as it is not known.
    """
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (url := ping()) or not _answers(url):
            assert server.poll() is None, f"it ended: {log.read_text(encoding='utf-8')}"
            assert time.monotonic() < deadline, f"it does not answer: {log.read_text(encoding='utf-8')}"
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310  our own server
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
