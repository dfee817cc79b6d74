"""Writes a feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

from typing import Any

import orjson

from vokcrawl.feeds.entries import Entry
from vokcrawl.feeds.feed import Feed


def to_json(feed: Feed) -> bytes:
    """Return the document. The same feed gives the same bytes."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.url("json"),
        "authors": [{"name": feed.author}],
        "items": [_item(entry) for entry in feed.entries],
    }
    return orjson.dumps(_without_none(document), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _item(entry: Entry) -> dict[str, Any]:
    return _without_none(
        {
            "id": entry.id,
            "url": entry.url,
            "title": entry.title,
            "content_html": entry.html,
            "date_published": entry.published,
            "date_modified": entry.updated,
            "authors": [{"name": entry.source}] if entry.source else None,
            "language": entry.language,
            "tags": [entry.kind.value, *entry.watched],
            # An extension, as the specification allows it.
            "_vokcrawl": {
                "article_id": entry.article_id,
                "revision": entry.revision,
                "run_id": entry.run_id,
            },
        }
    )


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
