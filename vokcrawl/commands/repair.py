"""`scrapy repair`: finishes the files of crashed runs; `--rebuild-state` rebuilds the state from the files."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from typing_extensions import override

from vokcrawl.cli import FolderCommand, say
from vokcrawl.errors import ExitCode, StorageError
from vokcrawl.runs.recovery import recover
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.factory import in_folder, opening_of
from vokcrawl.storage.state.protocol import State
from vokcrawl.utils.humanize import pluralize

if TYPE_CHECKING:
    from vokcrawl.storage.state.redis.folders import OnServer


class _Output(logging.Handler):
    """Prints log entries as output of the command."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        # A closed pipe must not end the repair halfway; the last line of the command reports it.
        with suppress(StorageError):
            say(self.format(record))


class Command(FolderCommand):
    """Never changes a delivered record."""

    @override
    def short_desc(self) -> str:
        return "Finish the files of crashed runs, or rebuild the state"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--rebuild-state",
            action="store_true",
            help="rebuild state.sqlite3 from record files and manifests; the old file is kept under another name",
        )
        self.add_others(parser, "output directory of another worker; give all of them")

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        # Recovery logs what it does; here that is the output of the command.
        logging.basicConfig(handlers=[_Output()], format="%(message)s", level=logging.INFO, force=True)
        with self.together("repair", opts.others) as folders:
            state = self._repaired(folders) if not opts.rebuild_state else self._rebuilt(folders)
            articles = sum(
                number for status, number in state.count_articles().items() if status in ("delivered", "removed")
            )
            known = f"{pluralize(len(state.runs()), 'run')}, {pluralize(articles, 'article')}"
            say(f"The state contains {known} and {pluralize(state.count_teasers(), 'teaser')}.")
            state.close()
        return ExitCode.OK

    def _repaired(self, folders: Sequence[OutputFolder]) -> State:
        states = [opening_of(self.options)(folder, folder.holds_records()) for folder in folders]
        for folder, state in zip(folders, states, strict=True):
            recover(folder, state, datetime.now(UTC))
        return states[0]

    def _rebuilt(self, folders: Sequence[OutputFolder]) -> State:
        # Imported late, because Scrapy imports all commands to run one.
        from vokcrawl.integrity.rebuild_state import rebuild_state  # noqa: PLC0415

        opening = opening_of(self.options)
        if opening is in_folder:
            return rebuild_state(folders[0], self.options.recheck_days, self.progress)
        # Needed with Redis only.
        from vokcrawl.integrity.rebuild_shared_state import rebuild_shared  # noqa: PLC0415

        return rebuild_shared(folders, cast("OnServer", opening), self.options.recheck_days)
