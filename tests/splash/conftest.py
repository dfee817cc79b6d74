"""A real Splash for the tests, and an imitation that misbehaves."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from fake_splash import FakeSplash

HERE = Path(__file__).resolve().parent
FOLDER = Path(os.environ.get("VOK_TEST_SPLASH") or HERE.parent.parent / ".splash")
MISSING = f"no Splash in {FOLDER}; `tests/splash/install.sh` installs one on Debian 12"
START_SECONDS = 60


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


def answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/_ping", timeout=5) as answer:  # noqa: S310  our own server
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@pytest.fixture(scope="session")
def splash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Splash that runs as long as the tests of this process."""
    if not (FOLDER / "ready").exists():
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("splash") / "splash.log"
    command = [FOLDER / "bin" / "python", HERE / "launch.py", "-i", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + START_SECONDS
            while not answers(url):
                assert server.poll() is None, f"Splash ended: {log.read_text()}"
                assert time.monotonic() < deadline, f"Splash does not answer: {log.read_text()}"
                time.sleep(0.1)
            yield url
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@pytest.fixture
def imitate() -> Iterator[Callable[..., FakeSplash]]:
    """`imitate(status=, body=, silent=)` starts an imitation of Splash that answers so; see `fake_splash`."""
    with ExitStack() as stack:
        yield lambda **answer: stack.enter_context(FakeSplash(**answer))
