"""How a run ended, as far as it got: what all monitors look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vokcrawl.errors import ExitCode
from vokcrawl.storage.manifest import Manifest


@dataclass(frozen=True, slots=True)
class RunResult:
    """One run that is over. A run that could not begin has neither id nor manifest, but a `message`."""

    folder: Path
    source: str
    ended: datetime
    outcome: str
    exit_code: ExitCode
    run_id: str | None = None
    manifest: Manifest | None = None
    message: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many records of each kind it delivered."""
        return dict(self.manifest.counts) if self.manifest else {}

    @property
    def errors(self) -> dict[str, int]:
        """What went wrong: how often, by reason."""
        return {reason: error.count for reason, error in self.manifest.errors.items()} if self.manifest else {}
