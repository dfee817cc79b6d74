"""What was found in one archived answer, in the form in which it goes from one process or machine to another."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from vokcrawl.crawling.article_result import ArticleResult
from vokcrawl.pages.listing import RawTeaser


class Kind(StrEnum):
    """What an archived answer is."""

    ARTICLE = "article"
    MISSING = "missing"  # an article's 404 or 410
    UNCHANGED = "unchanged"  # an article's 304
    FAILED = "failed"  # what came in an article's place; it may have been asked for again
    LISTING = "listing"
    OTHER = "other"  # nothing that records are made of
    FLAWED = "flawed"  # the record is damaged
    ERROR = "error"  # a fault of this program


@dataclass(slots=True)
class ExtractionResult:
    """`at` is when it was captured, `place` where (`items.ArchivePlace`); `reason` says why it is no more than it is.

    `status`, `validators` and `unclosed` (the length of a page without an end) are the answer's, `closed` says that
    it has one; the rest is what `intake.finding.ArticleFinding` has, and the teasers of a listing or of a block.
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
    teasers: list[RawTeaser] = field(default_factory=list)

    def article(self) -> ArticleResult:
        """What an article's page said, for the intake."""
        return ArticleResult(
            item=self.item,
            source=self.source,
            block_source=self.block_source,
            has_meta=self.has_meta,
            has_date=self.has_date,
            unfit=self.unfit,
            block=lambda skip: [raw for raw in self.teasers if raw.id not in skip],
        )


def told(findings: list[ExtractionResult]) -> bytes:
    """Findings as JSON."""
    return orjson.dumps(findings)


def from_told(text: bytes) -> list[ExtractionResult]:
    """The inverse of `told`."""
    return [_finding(values) for values in orjson.loads(text)]


def _finding(values: dict[str, Any]) -> ExtractionResult:
    found = ExtractionResult(**values)
    found.kind = Kind(found.kind)
    found.validators = (found.validators[0], found.validators[1])
    found.teasers = [RawTeaser(**each) for each in values["teasers"]]
    return found
