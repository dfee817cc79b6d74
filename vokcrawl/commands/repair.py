"""`scrapy repair`: finishes what dead runs left; `--rebuild-state` makes the state anew from the files alone."""

from __future__ import annotations

import argparse
import logging
import sys
from datetime import UTC, datetime

from vokcrawl.cli import FolderCommand, say
from vokcrawl.errors import ExitCode
from vokcrawl.recovery import recover
from vokcrawl.repair import rebuild_state
from vokcrawl.state.interface import State
from vokcrawl.state.place import in_folder


class Command(FolderCommand):
    """Neither way changes a record that was delivered."""

    def short_desc(self) -> str:
        return "Finish what dead runs left, or rebuild the state from the delivered files"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--rebuild-state",
            action="store_true",
            help="make state.sqlite3 anew from the record files and manifests; an old one is kept under another name",
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        # What recovery does is told in the log; here that is what the user asked to see.
        logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO, force=True)
        with self.held("repair") as folder:
            state: State
            if opts.rebuild_state:
                state = rebuild_state(folder, self.options.recheck_days)
            else:
                state = in_folder(folder, folder.holds_records())
                recover(folder, state, datetime.now(UTC))
            articles = sum(
                count for status, count in state.count_articles().items() if status in ("delivered", "removed")
            )
            say(f"The state knows {len(state.runs())} runs, {articles} articles and {state.count_teasers()} teasers.")
            state.close()
        return ExitCode.DONE
