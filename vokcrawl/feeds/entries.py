"""Events of an article (new, changed, removed), and the feed entry about each. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, ConfigDict

from vokcrawl.reporting.report.difference import Comparison, Paragraph, Piece, Unchanged
from vokcrawl.storage.output_folder import run_order
from vokcrawl.utils.humanize import pluralize

# Maximum number of characters of an article's text in an entry.
_MAX_TEXT = 20_000
# Characters that XML 1.0 does not allow (https://www.w3.org/TR/xml/#charsets), and those that change the direction of
# the text around them.
_UNWANTED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")
_TAGS = {"deleted": "del", "inserted": "ins"}

Record = Mapping[str, Any]


class Kind(StrEnum):
    """What happened to an article; also the name of the feed that contains it."""

    NEW = "new"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an article.

    `record` is the delivered version, or for a removal the last one; `previous` is the version before it, and `removal`
    the removal. Either is None if there is none, or if it is missing in the files.
    """

    kind: Kind
    record: Record
    previous: Record | None = None
    removal: Record | None = None

    @property
    def run_id(self) -> str:
        """The run that delivered the record or the removal."""
        return str((self.removal or self.record)["run_id"])

    @property
    def at(self) -> str:
        """When the version was fetched or the removal confirmed (UTC)."""
        return str(self.removal["confirmed_at"] if self.removal else self.record["fetched_at"])

    @property
    def key(self) -> str:
        """Identifies the event in the output directory."""
        article = self.record["id"]
        return f"{article}/removed/{self.at}" if self.removal else f"{article}/{self.record['revision']}"

    @property
    def texts(self) -> Iterator[str]:
        """Titles and texts in which watched words are searched: those of the version, and of the one before it."""
        for each in (self.record, self.previous):
            if each is not None:
                yield each["title"]
                yield each["body"]


def rank(event: Event) -> str:
    """Return a key that sorts events by run, and within a run by the time at which the site ingested the article."""
    began, number = run_order(event.run_id)
    return f"{began}-{number:06}/{event.record['id']}"


def entry_id(event: Event) -> str:
    """Return the id of an event: the same in every feed, and wherever the feed is published."""
    return uuid5(NAMESPACE_URL, f"{event.record['url']}#{event.key}").urn


class Entry(BaseModel):
    """A feed entry. `html` is safe markup: all text of the site in it is escaped. Times are UTC."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Kind
    url: str
    title: str
    html: str
    published: str
    updated: str
    source: str | None
    language: str | None
    article_id: str
    revision: int
    run_id: str
    watched: list[str] = []


def entry_of(event: Event, watched: Sequence[str] = ()) -> Entry:
    """Return the entry about an event; `watched` are the watched phrases that it contains."""
    record = event.record
    return Entry(
        id=entry_id(event),
        kind=event.kind,
        url=record["url"],
        title=_clean(record["title"]),
        html=_clean("".join(_content(event))),
        published=record["ingested_at"] or record["first_seen_at"],
        updated=event.at,
        source=_clean(record["source"]) if record["source"] else None,
        language=record["language"],
        article_id=record["id"],
        revision=record["revision"],
        run_id=event.run_id,
        watched=list(watched),
    )


def change_size(event: Event) -> int:
    """Return how many characters were deleted or inserted, whichever is more; white space does not count."""
    if event.previous is None:
        return 0
    comparison = Comparison()
    changes = [
        *comparison.line(event.previous["title"], event.record["title"]),
        *_pieces(comparison.text(event.previous["body"], event.record["body"])),
    ]
    sizes = dict.fromkeys(_TAGS, 0)
    for piece in changes:
        if piece.kind != "same":
            sizes[piece.kind] += len("".join(piece.text.split()))
    return max(sizes.values())


def _content(event: Event) -> Iterator[str]:
    record = event.record
    if event.removal is not None:
        removal = event.removal
        yield (
            f"<p>The site removed this article (HTTP status {removal['status']}): first missing at "
            f"{removal['first_missing_at']}, confirmed at {removal['confirmed_at']}. Its last text:</p>"
        )
        yield from _text(record["body"])
    elif event.kind is Kind.CHANGED:
        yield from _changes(event)
    else:
        yield from _text(record["body"])
    yield f"<p>{escape(_footer(record))}</p>"


def _changes(event: Event) -> Iterator[str]:
    record, previous = event.record, event.previous
    if previous is None:
        yield f"<p>Revision {record['revision']}; the version before it is missing in the files.</p>"
        yield from _text(record["body"])
        return
    if not record["changed"]:
        yield f"<p>The article reappeared unchanged as revision {record['revision']}.</p>"
        return
    yield f"<p>Revision {record['revision']}, changed: {escape(', '.join(record['changed']))}.</p>"
    comparison = Comparison()
    if "title" in record["changed"]:
        yield f"<h2>{_marked(comparison.line(previous['title'], record['title']))}</h2>"
    left = _MAX_TEXT
    for change in comparison.text(previous["body"], record["body"]):
        if left <= 0:
            yield "<p>… (further changes are omitted)</p>"
            return
        if isinstance(change, Unchanged):
            yield f"<p>[{pluralize(change.paragraphs, 'unchanged paragraph')}]</p>"
        else:
            yield f"<p>{_marked(change.pieces)}</p>"
            left -= sum(len(piece.text) for piece in change.pieces)


def _marked(pieces: Sequence[Piece]) -> str:
    return " ".join(
        f"<{_TAGS[piece.kind]}>{escape(_cut(piece.text))}</{_TAGS[piece.kind]}>"
        if piece.kind in _TAGS
        else escape(_cut(piece.text))
        for piece in pieces
    )


def _pieces(changes: Sequence[Paragraph | Unchanged]) -> Iterator[Piece]:
    for change in changes:
        if isinstance(change, Paragraph):
            yield from change.pieces


def _text(body: str) -> Iterator[str]:
    for paragraph in _cut(body).split("\n\n"):
        if paragraph:
            yield f"<p>{escape(paragraph)}</p>"


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}… ({len(text) - _MAX_TEXT:,} more characters)"


def _footer(record: Record) -> str:
    parts = [record["source"], record["published_on"], f"revision {record['revision']}"]
    parts += ["truncated by the site"] if record["truncated"] else []
    return " · ".join(part for part in parts if part)


def _clean(text: str) -> str:
    return _UNWANTED.sub("", text)
