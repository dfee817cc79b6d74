"""Programs of the system that some tests want."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def tool(name: str) -> Path:
    """Where it is. In continuous integration a missing one is a failure; elsewhere a reason to skip, and to say so."""
    found = shutil.which(name)
    if found is None:
        said = f"no {name}; `tests/support/install/deploy.sh` installs it on Debian"
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    return Path(found)
