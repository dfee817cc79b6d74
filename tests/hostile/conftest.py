"""What the tests against the hostile server share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# So that tests here can say `from expected import …`, `from mutations import …`.
sys.path.insert(1, str(Path(__file__).parent.parent / "crawl"))
sys.path.insert(1, str(Path(__file__).parent.parent / "pages"))

from watched import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An output folder deep inside an empty tree, so that whatever leaves it is seen."""
    return Place.inside(tmp_path)
