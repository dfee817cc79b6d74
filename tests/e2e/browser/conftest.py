"""A real Splash, and the settings for each browser that can follow a listing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.servers import free_port, serving

LAUNCH = ROOT / "tests" / "support" / "launch_splash.py"
FOLDER = Path(os.environ.get("VOK_TEST_SPLASH") or ROOT / ".splash")
NO_SPLASH = f"no Splash in {FOLDER}; `tests/support/install/splash.sh` installs one on Debian 12"


@pytest.fixture(scope="session")
def splash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Splash that runs as long as the tests of this process."""
    if not (FOLDER / "ready").exists():
        if os.environ.get("CI") == "true":
            pytest.fail(NO_SPLASH)
        pytest.skip(NO_SPLASH)
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


@pytest.fixture(params=["splash", "playwright"])
def rendering(request: pytest.FixtureRequest) -> dict[str, object]:
    """The settings with which a crawl uses a browser: each test runs with Splash and with Chromium."""
    if request.param == "splash":
        return {"SPLASH_URL": request.getfixturevalue("splash")}
    settings: dict[str, object] = request.getfixturevalue("chromium")
    return settings
