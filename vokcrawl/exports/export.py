"""One export, from the check of its target to the file with its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vokcrawl.errors import UsageError
from vokcrawl.exports.columns import columns_of
from vokcrawl.exports.forms import CSV, result_of, writer_of
from vokcrawl.exports.rows import Rows
from vokcrawl.exports.selection import Selection
from vokcrawl.exports.target import checked_target, replacing
from vokcrawl.exports.writer import TableWriter, exporting
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.record_files import Line
from vokcrawl.storage.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export has come to: rows by what they are, how many of them are near duplicates, lines passed over."""

    target: Path
    bytes: int
    rows: Mapping[str, int]
    near: int
    damaged: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be written where. `spreadsheet` is for CSV alone."""

    to: str
    selection: Selection
    overwrite: bool = False
    skip_damaged: bool = False
    near_duplicates: bool = True
    spreadsheet: bool = False

    def write(self, folder: OutputFolder) -> Exported:
        """Writes the file, whole or not at all. Raises `UsageError`, `StorageError`, `FolderLockedError`."""
        ending = result_of(self.to)
        if self.spreadsheet and ending != CSV:
            raise UsageError(f"--spreadsheet: it is for {CSV} alone, not for {ending}")
        target = checked_target(self.to, folder, overwrite=self.overwrite)
        form = writer_of(ending)
        snapshot = Snapshot(folder, self.selection.as_of, skip_damaged=self.skip_damaged)
        if not snapshot.holds_records():
            raise UsageError(f"{folder.path}: no run has delivered a record yet, so there is nothing to export")
        whats = (self.selection.what,) if self.selection.what else form.holds
        with replacing(target, overwrite=self.overwrite) as part:
            rows = Rows(snapshot, self.selection, whats, near_duplicates=self.near_duplicates)
            try:
                counts = self._fill(form, part, target, whats, rows)
            finally:
                rows.close()
        return Exported(target, target.stat().st_size, counts, rows.near, tuple(snapshot.damaged.values()))

    def _fill(
        self, form: type[TableWriter], part: Path, target: Path, whats: tuple[str, ...], rows: Rows
    ) -> Mapping[str, int]:
        # A form that can hold several tables has all of them, with the columns of all versions, whatever is in them.
        several = len(form.holds) > 1
        tables = {
            what: columns_of(what, near_duplicates=self.near_duplicates) for what in (form.holds if several else whats)
        }
        counts = dict.fromkeys(whats, 0)
        with exporting(target):
            writer = form(part, tables, **({"spreadsheet": True} if self.spreadsheet else {}))
        try:
            for what in whats:
                table = "articles" if several and what == "current" else what
                for row in rows.of(what):
                    with exporting(target):
                        writer.write(table, row)
                    counts[what] += 1
            with exporting(target):
                writer.finish()
        except BaseException:
            writer.abandon()
            raise
        return counts
