"""Runs crawls and commands of which single system calls fail (`failing_calls.c`)."""

from __future__ import annotations

import atexit
import functools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.children import ROOT, run
from tests.support.crawling import environment
from tests.support.system_tools import system_tool

SOURCE = Path(__file__).with_name("failing_calls.c")
FAULT_INJECTION = "tests.support.fault_injection"
# What a system says of a disk that is full, broken, or mounted read-only.
ERRORS = ("ENOSPC", "EIO", "EROFS")
_FAILED = " FAILED"


@dataclass(frozen=True)
class Failure:
    """The system call that fails: the `number`th of this name ("": of any); with `again`, all behind it, too."""

    number: int
    error: str = "ENOSPC"
    again: bool = False
    name: str = ""

    def __str__(self) -> str:
        behind = " and all behind it" if self.again else ""
        return f"{self.error} in call {self.number}{f' of {self.name}' if self.name else ''}{behind}"


@dataclass(frozen=True)
class Ended:
    """How a process ended, its system calls as `name path`, and whether one of them failed as demanded."""

    code: int
    stdout: str
    stderr: str
    calls: list[str]
    failed: bool


@functools.cache
def library() -> Path:
    """The compiled library, in a directory of this process."""
    if sys.platform != "linux":
        pytest.skip("LD_PRELOAD is tested on Linux only")
    folder = tempfile.mkdtemp(prefix="vokcrawl-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    target = Path(folder) / "failing_calls.so"
    words = [system_tool("cc"), "-O1", "-shared", "-fPIC", "-Wall", "-Werror", "-o", target, SOURCE, "-ldl"]
    subprocess.run(words, check=True, cwd=ROOT, timeout=60)
    return target


def run_failing(
    words: Sequence[str],
    below: Path,
    failure: Failure | None,
    *,
    harm: str = "",
    env: Mapping[str, str] | None = None,
    timeout: float = 60,
) -> Ended:
    """Runs `scrapy WORDS…`; the failure is that of a call that writes below a directory. None: nothing fails."""
    failure = failure or Failure(0)
    spec = f"calls:{failure.name}:{failure.number}:{failure.error}" + (":again" if failure.again else "")
    with tempfile.NamedTemporaryFile() as log:
        given = {"FAIL_LIBRARY": str(library()), "FAIL_BELOW": str(below), "FAIL_LOG": log.name, **(env or {})}
        done = run(
            [sys.executable, "-m", FAULT_INJECTION, f"{harm},{spec}".removeprefix(","), *words],
            env=environment(given),
            timeout=timeout,
            preload=library(),
        )
        calls = [line.split(" ", 1)[1] for line in log.read().decode(errors="replace").splitlines()]
    failed = any(call.endswith(_FAILED) for call in calls)
    return Ended(done.returncode, done.stdout, done.stderr, [call.removesuffix(_FAILED) for call in calls], failed)
