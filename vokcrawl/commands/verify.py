"""`scrapy verify`: checks the whole output folder, and names each fault with file and line."""

from __future__ import annotations

import argparse

from vokcrawl.cli import FolderCommand, say
from vokcrawl.errors import ExitCode
from vokcrawl.verify import Verification


class Command(FolderCommand):
    """Exit code 0 when everything agrees, 15 when something does not."""

    def short_desc(self) -> str:
        return "Check the output folder: lines, checksums, chain of manifests, versions, state"

    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        with self.held("verify") as folder:
            check = Verification(folder)
            faults = 0
            for fault in check.faults():
                faults += 1
                say(str(fault))
        counts = f"{check.manifests} manifests, {check.files} files, {check.records} records, {check.archived} archived"
        say(f"{counts}: {faults or 'no'} faults")
        return ExitCode.STORAGE if faults else ExitCode.DONE
