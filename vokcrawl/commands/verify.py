"""`scrapy verify`: checks the whole output folder, and names each fault with file and line."""

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

# Scrapy imports all commands to run one: others need not pay for what checks a folder.
if TYPE_CHECKING:
    from vokcrawl.integrity.consistency import ConsistencyCheck


class Command(FolderCommand):
    """Exit code 0 when everything agrees, 15 when something does not."""

    @override
    def short_desc(self) -> str:
        return "Check the output folder: lines, checksums, chain of manifests, versions, state"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        self.add_others(
            parser, "another worker's folder, to be checked together with this one (several times: give them all)"
        )

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        from vokcrawl.integrity.verify import Verification  # noqa: PLC0415

        opening = opening_of(self.options)
        with self.together("verify", opts.others, read_only=True) as folders:
            agreement = self._agreement(folders)
            checks = [Verification(folder, opening, agreement) for folder in folders]
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

    def _agreement(self, folders: Sequence[OutputFolder]) -> ConsistencyCheck:
        """What the records must agree with: the folder's own, or what the folders of all workers hold together."""
        from vokcrawl.integrity.consistency import ConsistencyCheck  # noqa: PLC0415

        opening = opening_of(self.options)
        if opening is in_folder:
            return ConsistencyCheck()
        # Not loaded for a folder that has its own state.
        from vokcrawl.integrity.shared_consistency import SharedConsistencyCheck  # noqa: PLC0415
        from vokcrawl.storage.state.redis.folders import OnServer, id_of  # noqa: PLC0415

        known = opening.folders() if isinstance(opening, OnServer) else {}
        here = {id_of(folder) for folder in folders}
        for worker, (host, path) in known.items():
            if worker not in here:
                say(f"{path} on {host} is another worker's folder: give it too (--with) to see whether all is there")
        return SharedConsistencyCheck(all_folders=known.keys() <= here)
