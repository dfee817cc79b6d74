"""What the tests of the search share."""

from __future__ import annotations

import sys
from pathlib import Path

# So that tests here can say `from scheduling import …` and `from terminal import …`.
sys.path[1:1] = [str(Path(__file__).parent.parent / name) for name in ("schedule", "terminal")]
