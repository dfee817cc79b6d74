"""Results about many pages as shares by month of capture, so that a change of the site is visible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from vokcrawl.doctor.checks import ArticleReport, ListingReport

__all__ = ["Month", "by_month"]


@dataclass(slots=True)
class Month:
    """The pages that were captured in one month (``YYYY-MM``).

    `read` counts the articles that could be read, `fields` those of them with each field, and `content` those whose
    text was found by a selector.
    """

    month: str
    articles: int = 0
    read: int = 0
    content: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    listings: int = 0
    teasers: int = 0

    def share(self, name: str) -> float | None:
        """The share of the articles that have a field; None without articles."""
        return self.fields[name] / self.read if self.read else None

    @property
    def read_share(self) -> float | None:
        """The share of the article pages that could be read."""
        return self.read / self.articles if self.articles else None

    @property
    def content_share(self) -> float | None:
        """The share of the articles whose text was found by a selector of the profile."""
        return self.content / self.read if self.read else None

    def to_dict(self) -> dict[str, Any]:
        """The values for JSON."""
        return {
            "month": self.month,
            "articles": self.articles,
            "read": self.read,
            "with_selector": self.content,
            "fields": dict(self.fields),
            "faults": dict(self.faults),
            "listings": self.listings,
            "teasers": self.teasers,
        }


def by_month(articles: Iterable[ArticleReport], listings: Iterable[ListingReport]) -> list[Month]:
    """The months with any page, oldest first."""
    months: dict[str, Month] = {}
    for article in articles:
        month = months.setdefault(article.captured_at[:7], Month(article.captured_at[:7]))
        month.articles += 1
        if article.fault is not None:
            month.faults[article.fault] += 1
            continue
        month.read += 1
        month.content += article.strategy == "content"
        month.fields.update(each.name for each in article.fields if each.value is not None)
    for listing in listings:
        month = months.setdefault(listing.captured_at[:7], Month(listing.captured_at[:7]))
        month.listings += 1
        month.teasers += listing.teasers
    return [months[name] for name in sorted(months)]
