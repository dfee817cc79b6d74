"""Citations of an archived article, as text, BibTeX and CSL-JSON.

A citation names the article (title, source, day, URL), the version that was archived, and the evidence: the WARC record
with its digest, and the manifest of the run that wrote it, with its SHA-256.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from vokcrawl.storage.manifest import read_manifest
from vokcrawl.storage.output_folder import TIMESTAMP_ENDING, OutputFolder

FORMATS = ("text", "bibtex", "csl-json")
# Characters with a meaning in LaTeX (https://ctan.org/pkg/encguide).
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "{}$&#%_"},
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class ManifestReference:
    """The manifest of the run that wrote a record: its path in the output directory, SHA-256, and end of the run.

    `token` is the path of its timestamp token, if there is one, and `stamped_at` the time in it, if it can be read.
    """

    path: str
    sha256: str
    ended_at: str | None
    token: str | None = None
    stamped_at: str | None = None

    @classmethod
    def of_run(cls, folder: OutputFolder, run_id: str) -> ManifestReference | None:
        """The manifest of a run, without the time of its token; None if it has not ended. Raises `StorageError`."""
        path = folder.manifest(run_id)
        if not path.exists():
            return None
        manifest, sha256 = read_manifest(path)
        token = path.with_suffix(TIMESTAMP_ENDING)
        name = str(token.relative_to(folder.path)) if token.exists() else None
        return cls(str(path.relative_to(folder.path)), sha256, manifest.ended_at, name)


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation of one version of an article. `manifest` is None if the run has no manifest yet."""

    record: Mapping[str, Any]
    manifest: ManifestReference | None

    def format(self, name: str) -> str:
        """Return the citation in one of `FORMATS`."""
        return {"text": self.text, "bibtex": self.bibtex, "csl-json": self.csl_json}[name]()

    def text(self) -> str:
        """One paragraph of plain text."""
        record = self.record
        day = _in_words(record["published_on"]) if record["published_on"] else "no date"
        source = f"{record['source']}, " if record["source"] else ""
        return f"{source}“{record['title']}”, {day}, {record['url']}. {self._evidence()}"

    def bibtex(self) -> str:
        """An entry for BibTeX and BibLaTeX, in UTF-8."""
        record = self.record
        day = record["published_on"]
        fields = {
            "author": f"{{{_latex(record['source'])}}}" if record["source"] else None,
            "title": f"{{{_latex(record['title'])}}}",
            "year": day[:4] if day else None,
            "month": str(int(day[5:7])) if day else None,
            "day": str(int(day[8:])) if day else None,
            "date": day,
            "howpublished": _latex(_site(record["url"])),
            "url": record["url"].replace("{", "%7b").replace("}", "%7d").replace("\\", "%5c"),
            "urldate": record["fetched_at"][:10],
            "language": _latex(record["language"]) if record["language"] else None,
            "note": _latex(self._evidence()),
        }
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value is not None)
        return f"@misc{{vok-{record['id']}-r{record['revision']},\n{lines}}}"

    def csl_json(self) -> str:
        """A list with one item, as reference managers import it (https://citeproc-js.readthedocs.io)."""
        record = self.record
        place = record["archived_as"]
        item = {
            "id": f"vok-{record['id']}-r{record['revision']}",
            "type": "article-newspaper",
            "title": record["title"],
            "author": [{"literal": record["source"]}] if record["source"] else None,
            "container-title": _site(record["url"]),
            "issued": _date_parts(record["published_on"]) if record["published_on"] else None,
            "accessed": _date_parts(record["fetched_at"][:10]),
            "URL": record["url"],
            "language": record["language"],
            "version": str(record["revision"]),
            "archive": place["file"] if place else None,
            "archive_location": f"{place['offset']}, {place['digest']}" if place else None,
            "note": self._evidence(),
        }
        return json.dumps(
            [{name: value for name, value in item.items() if value is not None}], ensure_ascii=False, indent=2
        )

    def _evidence(self) -> str:
        record, manifest = self.record, self.manifest
        place = record["archived_as"]
        archived = (
            f"archived in {place['file']} at {place['offset']}, payload {place['digest']}" if place else "not archived"
        )
        named = "no manifest yet"
        if manifest is not None:
            ended = f", {manifest.ended_at}" if manifest.ended_at else ""
            named = f"manifest {manifest.path}, sha256:{manifest.sha256}{ended}"
            if manifest.token is not None:
                stamped = f" of {manifest.stamped_at}" if manifest.stamped_at else ""
                named += f", timestamp token {manifest.token}{stamped}"
        return (
            f"First seen {record['first_seen_at']}; revision {record['revision']}, fetched {record['fetched_at']}, "
            f"text {record['content_hash']}; {archived}; {named}."
        )


def _in_words(day: str) -> str:
    """Format a day for readers: ``26 June 2025``."""
    parsed = date.fromisoformat(day)
    return f"{parsed.day} {_MONTHS[parsed.month - 1]} {parsed.year}"


def _date_parts(day: str) -> dict[str, list[list[int]]]:
    return {"date-parts": [[int(part) for part in day.split("-")]]}


def _site(url: str) -> str:
    return urlsplit(url).netloc


def _latex(text: str) -> str:
    return re.sub(r"[\\~^{}$&#%_]", lambda found: _LATEX[found[0]], text)
