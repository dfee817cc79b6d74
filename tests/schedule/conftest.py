"""What the tests of a schedule share."""

from __future__ import annotations

import sys
from pathlib import Path

# So that tests here can say `from expected import …`.
sys.path.insert(1, str(Path(__file__).parent.parent / "crawl"))
