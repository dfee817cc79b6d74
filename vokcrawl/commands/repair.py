"""`scrapy repair`: finishes what dead runs left; `--rebuild-state` makes the state anew from the files alone."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from typing_extensions import override

from vokcrawl.cli import FolderCommand, say
from vokcrawl.errors import ExitCode
from vokcrawl.runs.recovery import recover
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.factory import in_folder, opening_of
from vokcrawl.storage.state.protocol import State
from vokcrawl.utils.humanize import pluralize

if TYPE_CHECKING:
    from vokcrawl.storage.state.redis.folders import OnServer


class Command(FolderCommand):
    """Neither way changes a record that was delivered."""

    @override
    def short_desc(self) -> str:
        return "Finish what dead runs left, or rebuild the state from the delivered files"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--rebuild-state",
            action="store_true",
            help="make state.sqlite3 anew from the record files and manifests; an old one is kept under another name",
        )
        self.add_others(
            parser, "of several workers: another one's folder, whose records the server is to know too (give them all)"
        )

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        # What recovery does is told in the log; here that is what the user asked to see.
        logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO, force=True)
        with self.together("repair", opts.others) as folders:
            state = self._repaired(folders) if not opts.rebuild_state else self._rebuilt(folders)
            articles = sum(
                number for status, number in state.count_articles().items() if status in ("delivered", "removed")
            )
            known = f"{pluralize(len(state.runs()), 'run')}, {pluralize(articles, 'article')}"
            say(f"The state knows {known} and {pluralize(state.count_teasers(), 'teaser')}.")
            state.close()
        return ExitCode.OK

    def _repaired(self, folders: Sequence[OutputFolder]) -> State:
        states = [opening_of(self.options)(folder, folder.holds_records()) for folder in folders]
        for folder, state in zip(folders, states, strict=True):
            recover(folder, state, datetime.now(UTC))
        return states[0]

    def _rebuilt(self, folders: Sequence[OutputFolder]) -> State:
        # Scrapy imports all commands to run one: others need not pay for what reads a whole folder.
        from vokcrawl.integrity.rebuild_state import rebuild_state  # noqa: PLC0415

        opening = opening_of(self.options)
        if opening is in_folder:
            return rebuild_state(folders[0], self.options.recheck_days)
        # Not loaded for a folder that has its own state.
        from vokcrawl.integrity.rebuild_shared_state import rebuild_shared  # noqa: PLC0415

        return rebuild_shared(folders, cast("OnServer", opening), self.options.recheck_days)
