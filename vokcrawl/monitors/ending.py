"""How a run ended, as far as it got: what all monitors look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from vokcrawl.errors import ExitCode


@dataclass(frozen=True, slots=True)
class RunResult:
    """One run that is over. A run that could not begin has neither id nor manifest, but a `message`."""

    folder: Path
    source: str
    ended: datetime
    outcome: str
    exit_code: ExitCode
    run_id: str | None = None
    manifest: Mapping[str, Any] | None = None
    message: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many records of each kind it delivered."""
        return dict(self.manifest["counts"]) if self.manifest else {}

    @property
    def errors(self) -> dict[str, int]:
        """What went wrong: how often, by reason."""
        return {reason: told["count"] for reason, told in self.manifest["errors"].items()} if self.manifest else {}
