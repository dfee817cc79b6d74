"""A real Splash for the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.servers import free_port, serving

LAUNCH = ROOT / "tests" / "support" / "launch_splash.py"
FOLDER = Path(os.environ.get("VOK_TEST_SPLASH") or ROOT / ".splash")
MISSING = f"no Splash in {FOLDER}; `tests/support/install/splash.sh` installs one on Debian 12"


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
    command = [
        FOLDER / "bin" / "python",
        LAUNCH,
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    with serving(command, f"{url}/_ping", log):
        yield url
