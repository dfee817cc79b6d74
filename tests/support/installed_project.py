"""The project installed with pip, so that its entry points are registered."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.children import ROOT

PACKED = ("pyproject.toml", "setup.py", "scrapy.cfg", "README.md", "LICENSE")


def copied_to(folder: Path) -> Path:
    """A copy of what is packaged, because a build leaves files behind."""
    shutil.copytree(ROOT / "vokcrawl", folder / "vokcrawl", ignore=shutil.ignore_patterns("__pycache__"))
    for name in PACKED:
        shutil.copy(ROOT / name, folder / name)
    return folder


def installed_to(folder: Path) -> Path:
    """A directory for PYTHONPATH with the project installed, without an index."""
    (folder / "sources").mkdir(parents=True)
    return installed_from(copied_to(folder / "sources"), folder / "installed")


def installed_from(sources: Path, target: Path, *options: str) -> Path:
    """The same from other sources; `options` are pip's."""
    quiet = ["--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]
    alone = ["--no-deps", "--no-index", "--no-build-isolation", "--no-compile"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *quiet, *alone, "--target", target, *options, sources],
        check=True,
        timeout=120,
    )
    return target
