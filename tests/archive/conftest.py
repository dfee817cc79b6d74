"""So that the tests of the archive can say `from archived import …`, `from scheduling import …`."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(1, str(HERE))
sys.path.insert(1, str(HERE.parent / "crawl"))
sys.path.insert(1, str(HERE.parent / "schedule"))
sys.path.insert(1, str(HERE.parent / "hostile"))
