"""`scrapy verify`: checks the output directory, and prints each fault with file and line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from typing_extensions import override

from vokcrawl.cli import FolderCommand, complain, say
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.storage.output_folder import TIMESTAMP_ENDING, OutputFolder, matching
from vokcrawl.storage.state.factory import in_folder, opening_of
from vokcrawl.utils.humanize import pluralize
from vokcrawl.utils.program import missing_package

# Imported late, because Scrapy imports all commands to run one.
if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from vokcrawl.integrity.consistency import ConsistencyCheck


class Command(FolderCommand):
    """The exit code is 15 with faults, 2 if tokens could not be checked, else 0."""

    @override
    def short_desc(self) -> str:
        return "Check records, checksums, manifests, archive and state"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        self.add_others(parser, "output directory of another worker, to check together; give all of them")
        full = "also compute the digests of all archived records, in files whose checksum is right, too; takes longer"
        parser.add_argument("--full", action="store_true", help=full)
        certificates = "certificates of the timestamp authority, its root included, by which tokens are checked"
        parser.add_argument("--tsa-cert", metavar="PEM", help=certificates)

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        from vokcrawl.integrity.verify import Verification  # noqa: PLC0415

        opening = opening_of(self.options)
        tokens = _TokenCheck(opts.tsa_cert)
        with self.together("verify", opts.others, read_only=True) as folders:
            consistency = self._consistency_check(folders)
            checks = [Verification(folder, opening, consistency, self.progress, full=opts.full) for folder in folders]
            faults = 0
            for check in checks:
                for fault in check.faults(last=check is checks[-1]):
                    faults += 1
                    say(str(fault))
            for path, text in (each for folder in folders for each in tokens.faults(folder)):
                faults += 1
                say(f"{path}: {text}")
        manifests, files, records, archived = (
            sum(getattr(check, name) for check in checks) for name in ("manifests", "files", "records", "archived")
        )
        counts = f"{pluralize(manifests, 'manifest')}, {pluralize(files, 'file')}, {pluralize(records, 'record')}"
        say(f"{counts}, {archived:,} archived: {pluralize(faults, 'fault') if faults else 'no faults'}")
        if tokens.note:
            say(tokens.note)
        if tokens.missing is not None:
            complain("verify", tokens.missing)
        if faults:
            return ExitCode.STORAGE
        return ExitCode.OK if tokens.missing is None else tokens.missing.exit_code

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


class _TokenCheck:
    """Checks the timestamp tokens of directories, if there are any. `note` is what to print about them.

    `missing` is the error for a package that is missing: all else is checked without it.
    """

    def __init__(self, certificates: str | None) -> None:
        self.note = "no timestamp tokens: nothing was checked against --tsa-cert" if certificates is not None else ""
        self.missing: UsageError | None = None
        self._number = 0
        self._has_certificates = certificates is not None
        self._certificates: list[Certificate] = []
        if certificates is not None and (module := self._module()) is not None:
            self._certificates = module.read_certificates(certificates)

    def faults(self, folder: OutputFolder) -> Iterator[tuple[Path, str]]:
        """Yield the tokens that prove nothing, each with the reason."""
        number = len(matching(folder.runs, TIMESTAMP_ENDING))
        if not number:
            return
        self._number += number
        module = self._module()
        if module is None:
            self.note = f"{pluralize(self._number, 'timestamp token')} not checked"
            return
        yield from module.token_faults(folder, self._certificates)
        against = "" if self._has_certificates else "; give --tsa-cert to check who signed them"
        self.note = f"{pluralize(self._number, 'timestamp token')} checked{against}"

    def _module(self) -> ModuleType | None:
        """Return the module for tokens; None if its package is missing, which `missing` says."""
        try:
            return import_module("vokcrawl.timestamps.tokens")
        except ImportError as missing:
            self.missing = UsageError(f"timestamp tokens need {missing_package(missing.name, 'evidence')}")
            return None
