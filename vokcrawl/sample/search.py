"""The search of the sample site. Results are sorted newest first."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from vokcrawl.sample.content import SampleArticle

SEARCH_KINDS = ("none", "button", "link")
TITLE = "Search results"
# Days are written day first, as on the real site.
_DAY = "%d-%m-%Y"


@dataclass(frozen=True, slots=True)
class Query:
    """A search query: words, source id, dates (both included), and the page of results."""

    words: str
    source: str
    start: datetime.date | None
    end: datetime.date | None
    page: int

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Query:
        """Parse a query string; invalid values are ignored, as by such sites."""
        page = fields.get("paged", "1")
        return cls(
            fields.get("s", "").strip('"').casefold(),
            fields.get("source", ""),
            _day(fields.get("start", "")),
            _day(fields.get("end", "")),
            int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
        )

    def found(self, articles: Iterable[SampleArticle]) -> list[SampleArticle]:
        """The matching articles, in their order."""
        return [article for article in articles if self._means(article)]

    def following(self) -> str:
        """The URL of the next page of results."""
        fields = {"s": self.words, "source": self.source}
        days = {name: day.strftime(_DAY) for name, day in (("start", self.start), ("end", self.end)) if day}
        return "/?" + urlencode({**fields, **days, "sort": "recent", "paged": self.page + 1})

    def _means(self, article: SampleArticle) -> bool:
        day = article.published_on
        if (self.start and day < self.start) or (self.end and day > self.end):
            return False
        if self.source and self.source != str(article.source.search):
            return False
        return not self.words or any(self.words in text.casefold() for text in (article.title, *article.paragraphs))


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.datetime.strptime(text, _DAY).replace(tzinfo=datetime.UTC).date()
    except ValueError:
        return None
