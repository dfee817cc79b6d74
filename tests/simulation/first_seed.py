"""The seed from which the tests play fresh histories: another one after each change of the crawl's decisions."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Where a history is decided: in the crawl core, its rules and the simulation.
_FOLDERS = ("vokcrawl/crawling", "vokcrawl/policy", "tests/simulation")
# The name of an environment variable that chooses another first seed.
VARIABLE = "VOK_TEST_HISTORIES_FROM"


def first_seed(root: Path = ROOT) -> int:
    """The first seed: that of the environment, or one derived from the sources below `root`.

    So each change of them plays histories that were not played before. A repeated test plays the same ones: whether it
    fails is no matter of chance.
    """
    given = os.environ.get(VARIABLE)
    return int(given) if given else int.from_bytes(_digest(root)[:6])


def _digest(root: Path) -> bytes:
    digest = sha256()
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.digest()
