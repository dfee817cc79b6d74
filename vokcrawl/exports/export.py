"""One export: checks the target, writes the rows, publishes the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vokcrawl.errors import StorageError, UsageError
from vokcrawl.exports.data_dictionary import data_dictionary, dictionary_name
from vokcrawl.exports.formats import extension_of, translate_export_errors, writer_for
from vokcrawl.exports.rows import Rows, columns_of
from vokcrawl.exports.selection import Selection
from vokcrawl.exports.table_writer import CSV, WACZ, Tables, TableWriter
from vokcrawl.exports.target import checked_target, replacing
from vokcrawl.exports.wacz.export import WaczExport
from vokcrawl.exports.wacz.signing import LocalSigner
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.record_files import Line
from vokcrawl.storage.snapshot import Snapshot
from vokcrawl.utils.progress import NO_PROGRESS, Progress


@dataclass(frozen=True, slots=True)
class ExportResult:
    """Result of an export: rows per table, how many of them are near duplicates, and the damaged lines skipped.

    `cut_cells` has the number of texts by column that are longer than a cell of a spreadsheet may be. A WACZ file lacks
    articles whose page was not archived (`without_page`) or is not in its file (`missing_pages`).
    """

    target: Path
    bytes: int
    rows: Mapping[str, int]
    near_duplicates: int
    damaged: tuple[Line, ...]
    cut_cells: Mapping[str, int] = field(default_factory=dict)
    without_page: int = 0
    missing_pages: int = 0


@dataclass(frozen=True, slots=True)
class Export:
    """Options of one export; `to` is the target file.

    `spreadsheet` is valid for CSV only, `sign_key` and `sign_cert` (names of PEM files) for WACZ only.
    """

    to: str
    selection: Selection
    overwrite: bool = False
    skip_damaged: bool = False
    near_duplicates: bool = True
    spreadsheet: bool = False
    sign_key: str | None = None
    sign_cert: str | None = None

    def write(self, folder: OutputFolder, progress: Progress = NO_PROGRESS) -> ExportResult:
        """Write the file and its data dictionary, each atomically.

        Raises `UsageError`, `StorageError`, `FolderLockedError`.
        """
        extension = extension_of(self.to)
        if self.spreadsheet and extension != CSV:
            raise UsageError(f"--spreadsheet: applies to {CSV} files only, not to {extension}")
        if (self.sign_key or self.sign_cert) and extension != WACZ:
            raise UsageError(f"--sign-key and --sign-cert: apply to {WACZ} files only, not to {extension}")
        target = checked_target(self.to, folder, overwrite=self.overwrite)
        if extension == WACZ:
            return self._write_wacz(folder, target, progress)
        dictionary = checked_target(dictionary_name(self.to), folder, overwrite=self.overwrite)
        writer = writer_for(extension)
        snapshot = Snapshot(folder, self.selection.as_of, skip_damaged=self.skip_damaged, progress=progress)
        if not snapshot.holds_records():
            raise UsageError(f"{folder.path}: nothing to export; no run has delivered a record yet")
        whats = (self.selection.what,) if self.selection.what else writer.default_tables
        tables = self._tables(writer, whats)
        with (
            _replacing_after(target, dictionary, overwrite=self.overwrite) as dictionary_part,
            replacing(target, overwrite=self.overwrite) as part,
        ):
            rows = Rows(snapshot, self.selection, whats, near_duplicates=self.near_duplicates)
            try:
                counts, cut_cells = self._write_rows(writer, tables, part, target, rows)
            finally:
                rows.close()
            with translate_export_errors(target):
                content = data_dictionary(target, part, extension, tables, spreadsheet=self.spreadsheet)
                dictionary_part.write_bytes(content)
        damaged = tuple(snapshot.damaged.values())
        return ExportResult(target, target.stat().st_size, counts, rows.near_duplicates, damaged, cut_cells)

    def _tables(self, writer: type[TableWriter], whats: tuple[str, ...]) -> Tables:
        # A format with several tables always has all of them, with the columns of all versions, even if some are empty.
        several = len(writer.default_tables) > 1
        return {
            what: columns_of(what, near_duplicates=self.near_duplicates)
            for what in (writer.default_tables if several else whats)
        }

    def _write_wacz(self, folder: OutputFolder, target: Path, progress: Progress) -> ExportResult:
        if self.selection.what is not None:
            raise UsageError(f"--what: does not apply to {WACZ} files, which contain the pages of articles")
        if bool(self.sign_key) != bool(self.sign_cert):
            raise UsageError("--sign-key and --sign-cert: give both, or none")
        signer = LocalSigner.read(self.sign_key, self.sign_cert) if self.sign_key and self.sign_cert else None
        snapshot = Snapshot(folder, self.selection.as_of, skip_damaged=self.skip_damaged, progress=progress)
        export = WaczExport(folder, snapshot, self.selection, signer)
        with replacing(target, overwrite=self.overwrite) as part, translate_export_errors(target):
            export.write(part)
        damaged = tuple(snapshot.damaged.values())
        size = target.stat().st_size
        return ExportResult(
            target,
            size,
            export.counts,
            0,
            damaged,
            without_page=export.without_page,
            missing_pages=export.missing,
        )

    def _write_rows(
        self, writer_class: type[TableWriter], tables: Tables, part: Path, target: Path, rows: Rows
    ) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Return the number of rows per table, and of cut texts per column."""
        counts = dict.fromkeys(rows.whats, 0)
        with translate_export_errors(target):
            writer = writer_class(part, tables, **({"spreadsheet": True} if self.spreadsheet else {}))
        try:
            for what in rows.whats:
                # Tables that are always there include all versions.
                table = what if what in tables else "articles"
                for some in rows.parts(what, lines=writer.takes_lines):
                    with translate_export_errors(target):
                        counts[what] += _write_part(writer, table, some, rows)
            rows.progress.begin("finishing the file")
            rows.progress.advance(0)
            with translate_export_errors(target):
                writer.finish()
        except BaseException:
            writer.abandon()
            raise
        return counts, +writer.cut_cells


def _write_part(writer: TableWriter, table: str, part: bytes | dict[str, Any], rows: Rows) -> int:
    """Write a row, or several of them as lines, and return their number."""
    if not isinstance(part, bytes):
        writer.write(table, part)
        return 1
    written = writer.write_lines(table, part, rows.added_to)
    if written is None:
        written = 0
        for row in rows.of_lines(part):
            writer.write(table, row)
            written += 1
    return written


@contextmanager
def _replacing_after(target: Path, dictionary: Path, *, overwrite: bool) -> Iterator[Path]:
    """Yield the partial file of the data dictionary; publish it after `target`, which the caller publishes.

    The two are renamed one after the other. Where only the first succeeds, the error says so.
    """
    published = False
    try:
        with replacing(dictionary, overwrite=overwrite, reported_as=target) as part:
            yield part
            published = True
    except StorageError as failure:
        if not published:
            raise
        reason = getattr(failure.__cause__, "strerror", None) or failure.__cause__
        raise StorageError(
            f"{dictionary}: {reason}; {target} was written without its data dictionary; repeat with --overwrite"
        ) from failure
