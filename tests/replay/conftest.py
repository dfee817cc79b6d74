"""What the tests of replays share."""

from __future__ import annotations

import sys
from pathlib import Path

# So that tests here can say `from expected import …`, `from scheduling import …` and so on.
sys.path.insert(1, str(Path(__file__).parent.parent / "crawl"))
sys.path.insert(1, str(Path(__file__).parent.parent / "schedule"))
sys.path.insert(1, str(Path(__file__).parent.parent / "splash"))
