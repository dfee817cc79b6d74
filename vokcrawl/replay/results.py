"""The result of extraction from one archived response, and its JSON form for other processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from vokcrawl.crawling.article_result import ArticleResult
from vokcrawl.pages.listing import RawTeaser


class Kind(StrEnum):
    """Kind of an archived response."""

    ARTICLE = "article"
    MISSING = "missing"  # an article's 404 or 410
    UNCHANGED = "unchanged"  # an article's 304
    FAILED = "failed"  # a response without the article; a later one may have it
    LISTING = "listing"
    OTHER = "other"  # contains no records
    FLAWED = "flawed"  # the WARC record is damaged
    ERROR = "error"  # an internal error


@dataclass(slots=True)
class ExtractionResult:
    """The result. `at` is the time of capture, `place` the location (`items.ArchivePlace`), `reason` explains `kind`.

    `status`, `validators`, `closed` (the page has an end tag) and `unclosed` (the length of a page without one)
    describe the response. The other fields are those of `crawling.article_result.ArticleResult`, and the teasers of
    the listing or block.
    """

    kind: Kind
    url: str
    at: str
    place: dict[str, Any]
    identity: str | None = None
    reason: str = ""
    status: int = 0
    validators: tuple[str | None, str | None] = (None, None)
    closed: bool = False
    unclosed: int = 0
    wrong_charset: bool = False
    item: dict[str, Any] = field(default_factory=dict)
    source: str | None = None
    block_source: str | None = None
    has_meta: bool = False
    has_date: bool = False
    unfit: str | None = None
    parts: tuple[tuple[int, str], ...] = ()
    teasers: list[RawTeaser] = field(default_factory=list)

    def article(self) -> ArticleResult:
        """Return the result of an article page as `crawling` handles it."""
        return ArticleResult(
            item=self.item,
            source=self.source,
            block_source=self.block_source,
            has_meta=self.has_meta,
            has_date=self.has_date,
            unfit=self.unfit,
            parts=self.parts,
            block=lambda skip: [raw for raw in self.teasers if raw.id not in skip],
        )


def to_json(results: list[ExtractionResult]) -> bytes:
    """Serialize results."""
    return orjson.dumps(results)


def from_json(text: bytes) -> list[ExtractionResult]:
    """Parse serialized results."""
    return [_result(values) for values in orjson.loads(text)]


def _result(values: dict[str, Any]) -> ExtractionResult:
    found = ExtractionResult(**values)
    found.kind = Kind(found.kind)
    found.validators = (found.validators[0], found.validators[1])
    found.parts = tuple((number, url) for number, url in found.parts)
    found.teasers = [RawTeaser(**each) for each in values["teasers"]]
    return found
