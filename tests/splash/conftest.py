"""A real Splash for the tests, and an imitation that misbehaves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fake_splash import FakeSplash
from servers import free_port, serving

HERE = Path(__file__).resolve().parent
FOLDER = Path(os.environ.get("VOK_TEST_SPLASH") or HERE.parent.parent / ".splash")
MISSING = f"no Splash in {FOLDER}; `tests/splash/install.sh` installs one on Debian 12"


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
    with serving(command, f"{url}/_ping", log):
        yield url


@pytest.fixture
def imitate() -> Iterator[Callable[..., FakeSplash]]:
    """`imitate(status=, body=, silent=)` starts an imitation of Splash that answers so; see `fake_splash`."""
    with ExitStack() as stack:
        yield lambda **answer: stack.enter_context(FakeSplash(**answer))
