"""The records of a perfect crawl of the sample site."""

from __future__ import annotations

import datetime
from collections.abc import Container, Mapping
from typing import Any

from vokcrawl.sample.content import SampleArticle
from vokcrawl.sample.shelf import Removal, Shelf
from vokcrawl.sample.sources import WANTED, SampleSource
from vokcrawl.sample.texts import ZERO_WIDTH, one_line


def truth(shelf: Shelf, base_url: str, blocked: Container[str], source: SampleSource = WANTED) -> dict[str, Any]:
    """The site as it stands, JSON-able, newest shown day first.

    ``articles`` and ``teasers`` are those of the wanted *source*; ``others`` the ids of all other sources'
    articles; ``removed`` and ``blocked`` the wanted articles that nobody can read, left out of ``articles``.
    """
    everything = shelf.all()
    wanted = [article for article in everything if article.source is source]
    readable = [each for each in wanted if each.id not in shelf.removed and each.id not in blocked]
    return {
        "articles": [article_fields(article, base_url) for article in readable],
        "teasers": [teaser_fields(each, base_url) for each in wanted if _listed(each, shelf.removed)],
        "others": [article.id for article in everything if article.source is not source],
        "removed": [
            {"id": each.id, "url": url(each, base_url), "status": shelf.removed[each.id].status}
            for each in wanted
            if each.id in shelf.removed
        ],
        "blocked": [article.id for article in wanted if article.id in blocked],
    }


def url(article: SampleArticle, base_url: str) -> str:
    """The canonical address: absolute, with the trailing slash, without encoded zero-width spaces."""
    return base_url + article.path.replace(ZERO_WIDTH, "")


def _listed(article: SampleArticle, removed: Mapping[str, Removal]) -> bool:
    return article.id not in removed or removed[article.id].listed


def article_fields(article: SampleArticle, base_url: str) -> dict[str, Any]:
    """What an article's record says about its page; the values that the crawl sets are missing."""
    ingested = datetime.datetime.fromtimestamp(article.ts, datetime.UTC)
    return {
        "id": article.id,
        "url": url(article, base_url),
        "title": one_line(article.title),
        "body": "\n\n".join(one_line(paragraph) for paragraph in article.shown),
        "published_on": article.published_on.isoformat(),
        "ingested_at": f"{ingested:%Y-%m-%dT%H:%M:%SZ}",
        "source": article.source.known_name,
        "language": article.source.named_language,
        "original_url": article.original_url,
        "story": article.story,
        "images": [{"url": base_url + image.path, "caption": image.caption} for image in article.images],
        "truncated": article.truncated,
    }


def teaser_fields(article: SampleArticle, base_url: str) -> dict[str, Any]:
    """The same for its teaser."""
    return {
        "id": article.id,
        "url": url(article, base_url),
        # Every article is in the listing of its source, so none is known only from a block without titles.
        "title": one_line(article.title),
        "excerpt": article.excerpt,
        "published_on": article.published_on.isoformat(),
        "source": article.source.known_name,
        "language": article.source.named_language,
    }
