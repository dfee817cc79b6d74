"""Writes the archive, or the part of it with the selected articles, as one WACZ file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED

import orjson

from vokcrawl.errors import StorageError, UsageError
from vokcrawl.exports.selection import Selection
from vokcrawl.exports.wacz.captures import Captures
from vokcrawl.exports.wacz.cdxj import BLOCK_INDEX, INDEX, write_index
from vokcrawl.exports.wacz.package import Package
from vokcrawl.exports.wacz.signing import LocalSigner
from vokcrawl.storage.output_folder import ARCHIVE, TIMESTAMP_ENDING, WARC, OutputFolder
from vokcrawl.storage.snapshot import Snapshot
from vokcrawl.utils.program import PROGRAM
from vokcrawl.warc.files import file_size


class WaczExport:
    """One export. `counts` are the files and pages written.

    `without_page` counts the articles whose page was not archived, `missing` those whose page is not in its file.
    """

    def __init__(
        self, folder: OutputFolder, snapshot: Snapshot, selection: Selection, signer: LocalSigner | None
    ) -> None:
        self.counts: Counter[str] = Counter(warc_files=0, pages=0)
        self.without_page = self.missing = 0
        self._folder = folder
        self._snapshot = snapshot
        self._progress = snapshot.progress
        self._selection = selection
        self._signer = signer
        self._title = ""

    def write(self, path: Path) -> None:
        """Write the file. Raises `UsageError` if there is nothing to write, `StorageError` or `OSError`."""
        captures = Captures()
        package = Package(path)
        try:
            files = self._files(captures)
            if not files:
                if any(True for _ in self._articles()):
                    raise StorageError(
                        f"{self._folder.path / ARCHIVE}: the archived pages of all selected articles are missing; run "
                        f"`{PROGRAM} verify`, and restore the files"
                    )
                raise UsageError(f"{self._folder.path}: nothing to export; no archived page is in the selection")
            self._progress.begin("copying the archive", sum(map(file_size, files)))
            for file in files:
                package.add_file(file, f"{ARCHIVE}/{file.name}", self._progress.advance)
            self._progress.begin("writing the index")
            self._progress.advance(0)
            with package.entry(f"indexes/{INDEX}", ZIP_STORED) as index:
                blocks = list(write_index(captures.lines(), index))
            package.add_lines(f"indexes/{BLOCK_INDEX}", blocks)
            package.add_lines("pages/pages.jsonl", self._pages(captures))
            for file in self._manifests(files):
                # Validators would take a JSON file of another type for a description of data.
                package.add_file(file, f"runs/{file.name}", type="file")
            signer = self._signer
            properties = {"title": self._title or "Articles"} | (
                {"created": signer.created} if signer is not None else {}
            )
            package.finish(properties, signer.sign if signer is not None else None)
        except BaseException:
            package.abandon()
            raise
        finally:
            captures.close()

    def _files(self, captures: Captures) -> list[Path]:
        """Return the WARC files to include, after adding their captures.

        With a selection, these are the files with a page of a selected article, and those that their revisits need.
        """
        known = {path.name: path for path in self._folder.archive_files()}
        selection = self._selection
        wanted = set(known)
        if selection.since or selection.until or selection.as_of:
            wanted = {place["file"].rpartition("/")[2] for _, place in self._articles()}
        found: dict[str, Path] = {}
        self._progress.begin("reading the archive", sum(file_size(known[name]) for name in wanted if name in known))
        while wanted := {name for name in wanted if name in known and name not in found}:
            others: set[str] = set()
            for name in sorted(wanted):
                found[name] = known[name]
                others |= captures.add(known[name], self._progress.advance)
            wanted = others
        self.counts["warc_files"] = len(found)
        return [found[path.name] for path in known.values() if path.name in found]

    def _articles(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yield the selected versions of articles that have an archived page, with its location."""
        self.without_page = self._selection.without_day = 0
        for _, record in self._snapshot.lines("articles"):
            if not self._selection.takes("articles", record):
                continue
            if record["archived_as"] is None:
                self.without_page += 1
            else:
                yield record, record["archived_as"]

    def _pages(self, captures: Captures) -> Iterator[bytes]:
        """Yield the lines of the page list (https://specs.webrecorder.net/wacz/1.1.1/#pages-jsonl)."""
        header = {"format": "json-pages-1.0", "id": "pages", "title": "All Pages", "hasText": True}
        yield orjson.dumps(header) + b"\n"
        for record, place in self._articles():
            capture = captures.at(place["file"].rpartition("/")[2], place["offset"])
            if capture is None:
                self.missing += 1
                continue
            self.counts["pages"] += 1
            self._title = self._title or record["source"] or ""
            page = {
                "id": f"{record['id']}-{record['revision']}",
                "url": capture.url,
                "ts": capture.at,
                "title": record["title"],
                "text": f"{record['title']}\n\n{record['body']}",
            }
            yield orjson.dumps(page) + b"\n"

    def _manifests(self, files: Sequence[Path]) -> Iterator[Path]:
        """Yield the manifests of the runs that wrote the files, with their timestamp tokens."""
        runs = dict.fromkeys(file.name.removesuffix(WARC).partition(".")[0] for file in files)
        for run_id in runs:
            manifest = self._folder.manifest(run_id)
            yield from (each for each in (manifest, manifest.with_suffix(TIMESTAMP_ENDING)) if each.exists())
