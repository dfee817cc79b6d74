"""The printed recipe for R gives every value of an archive that misleads readers that guess."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.test_data import awkward, expected, recipe
from tests.support.written_records import write_archive

MISSING = "no R with jsonlite; `apt-get install r-base-core r-cran-jsonlite`"


def test_printed_recipe_for_r(tmp_path: Path) -> None:
    if shutil.which("Rscript") is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    write_archive(tmp_path / "output", *awkward())
    script = tmp_path / "recipe.R"
    shown = 'cat(toJSON(frame, dataframe = "values", na = "null"))\n'
    script.write_text(recipe("R, with", "r") + shown, encoding="utf-8")
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    command = ["Rscript", "--vanilla", str(script)]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert [tuple(row) for row in json.loads(done.stdout)] == expected()
