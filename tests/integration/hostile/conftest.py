"""Fixtures of the tests against the hostile server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.monitored_crawls import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An output folder deep inside an empty tree, so that whatever leaves it is seen."""
    return Place.inside(tmp_path)
