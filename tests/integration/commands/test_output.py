"""Commands whose output is closed by its reader."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.children import ROOT


def test_closed_standard_output_ends_with_15_and_one_line() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "vokcrawl", "--version"]
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            command, cwd=ROOT, stdout=closed, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (15, "vokcrawl: standard output was closed by the reader\n")
