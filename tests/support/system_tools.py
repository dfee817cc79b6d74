"""Programs of the system that some tests need."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def system_tool(name: str) -> Path:
    """The path of a program. If it is missing, the test fails in continuous integration and is skipped elsewhere."""
    found = shutil.which(name)
    if found is None:
        said = f"no {name}; `tests/support/install/deploy.sh` installs it on Debian"
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    return Path(found)
