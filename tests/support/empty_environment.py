"""A virtual environment with only a wheel and its declared dependencies, made without a network.

The dependencies are copied from the environment that runs the tests: those of the wheel's metadata and theirs in turn.
A dependency that the metadata lacks is missing in the environment, too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path
from zipfile import Path as ZipPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.installed_project import copied_to

_PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


def build_wheel(folder: Path) -> Path:
    """Builds the project's wheel from a copy of its sources, in a new directory."""
    (folder / "sources").mkdir(parents=True)
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder / "wheel")]
    command = [*_PIP, "wheel", *options, str(copied_to(folder / "sources"))]
    subprocess.run(command, check=True, timeout=120)
    (wheel,) = (folder / "wheel").iterdir()
    return wheel


def install_wheel(wheel: Path, folder: Path) -> Path:
    """Makes an environment in a new directory and installs the wheel; returns the directory of its programs."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    programs = folder / "bin"
    options = ["--no-deps", "--no-index", "--no-compile"]
    command = [*_PIP, "--python", str(programs / "python"), "install", *options, str(wheel)]
    subprocess.run(command, check=True, timeout=120)
    (packages,) = folder.glob("lib/python*/site-packages")
    for each in _needed(_metadata(wheel)):
        _copy(each, packages)
    return programs


def _metadata(wheel: Path) -> Distribution:
    (folder,) = (each for each in ZipPath(wheel).iterdir() if each.name.endswith(".dist-info"))
    return PathDistribution(folder)  # type: ignore[arg-type]  # a path in a ZIP file reads the same


def _needed(root: Distribution) -> list[Distribution]:
    """The direct and indirect dependencies of a distribution, without extras."""
    found: dict[str, Distribution] = {}
    asked: set[tuple[str, str]] = set()
    waiting = [(root, "")]
    while waiting:
        parent, extra = waiting.pop()
        for text in parent.requires or ():
            requirement = Requirement(text)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
                continue
            for wanted in ("", *requirement.extras):
                name = canonicalize_name(requirement.name)
                if (name, wanted) not in asked:
                    asked.add((name, wanted))
                    found[name] = distribution(name)
                    waiting.append((found[name], wanted))
    return list(found.values())


def _copy(each: Distribution, packages: Path) -> None:
    """Copies a distribution's packages, as hard links where the file system can; not its programs."""
    for file in each.files or ():
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        target = packages / file
        if target.exists():
            # Two distributions of one namespace package. The link must not be written to: it is the source itself.
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        source = Path(str(file.locate()))
        try:
            os.link(source, target)
        except OSError:
            target.write_bytes(source.read_bytes())
