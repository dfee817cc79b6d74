"""The result of a run, the input of the monitors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vokcrawl.errors import ExitCode
from vokcrawl.storage.manifest import Manifest


@dataclass(frozen=True, slots=True)
class RunResult:
    """The result of a run. One that could not start has a `message`, but no id and no manifest."""

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
        """Number of delivered records by kind."""
        return dict(self.manifest.counts) if self.manifest else {}

    @property
    def errors(self) -> dict[str, int]:
        """Number of errors by reason."""
        return {reason: error.count for reason, error in self.manifest.errors.items()} if self.manifest else {}
