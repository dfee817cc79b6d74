"""`scrapy verify`: checks the output directory, and prints each fault with file and line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import override

from vokcrawl.cli import FolderCommand, say
from vokcrawl.errors import ExitCode
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.factory import in_folder, opening_of
from vokcrawl.utils.humanize import pluralize

# Imported late, because Scrapy imports all commands to run one.
if TYPE_CHECKING:
    from vokcrawl.integrity.consistency import ConsistencyCheck


class Command(FolderCommand):
    """The exit code is 0 without faults, else 15."""

    @override
    def short_desc(self) -> str:
        return "Check records, checksums, manifests, archive and state"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        self.add_others(parser, "output directory of another worker, to check together; give all of them")

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        from vokcrawl.integrity.verify import Verification  # noqa: PLC0415

        opening = opening_of(self.options)
        with self.together("verify", opts.others, read_only=True) as folders:
            consistency = self._consistency_check(folders)
            checks = [Verification(folder, opening, consistency, self.progress) for folder in folders]
            faults = 0
            for check in checks:
                for fault in check.faults(last=check is checks[-1]):
                    faults += 1
                    say(str(fault))
        manifests, files, records, archived = (
            sum(getattr(check, name) for check in checks) for name in ("manifests", "files", "records", "archived")
        )
        counts = f"{pluralize(manifests, 'manifest')}, {pluralize(files, 'file')}, {pluralize(records, 'record')}"
        say(f"{counts}, {archived:,} archived: {pluralize(faults, 'fault') if faults else 'no faults'}")
        return ExitCode.STORAGE if faults else ExitCode.OK

    def _consistency_check(self, folders: Sequence[OutputFolder]) -> ConsistencyCheck:
        """Return the check for one directory with its own state, or for those of several workers together."""
        from vokcrawl.integrity.consistency import ConsistencyCheck  # noqa: PLC0415

        opening = opening_of(self.options)
        if opening is in_folder:
            return ConsistencyCheck()
        # Needed with Redis only.
        from vokcrawl.integrity.shared_consistency import SharedConsistencyCheck  # noqa: PLC0415
        from vokcrawl.storage.state.redis.folders import OnServer, id_of  # noqa: PLC0415

        known = opening.folders() if isinstance(opening, OnServer) else {}
        here = {id_of(folder) for folder in folders}
        for worker, (host, path) in known.items():
            if worker not in here:
                say(f"{path} on {host} is the directory of another worker; add it with --with for a complete check")
        return SharedConsistencyCheck(all_folders=known.keys() <= here)
