"""What the tests of deployments share."""

from __future__ import annotations

import sys
from pathlib import Path

# So that tests here can say `from expected import …`, and so on.
sys.path[1:1] = [str(Path(__file__).parent.parent / folder) for folder in ("crawl", "schedule", "commands", "monitors")]
