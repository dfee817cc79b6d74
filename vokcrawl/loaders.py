"""Loading records: raw strings of a page in, normalised fields of a record out.

Every field goes through the pure functions of `fields`; a value that they do not understand leaves its field out,
and validation puts the contract's ``None`` there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vokcrawl.fields import (
    absolute_url,
    canonical_url,
    clean_line,
    clean_title,
    content_hash,
    ingested_at,
    join_paragraphs,
    language_of,
    shown_date,
    story_of,
)
from vokcrawl.items import ARTICLE, TEASER
from vokcrawl.pages.article import RawArticle
from vokcrawl.pages.listing import RawTeaser

# How a field is brought into its form; one that is not understood is None.
_FORMS: dict[str, Callable[[str], str | None]] = {
    "url": canonical_url,
    "title": clean_title,
    "excerpt": clean_line,
    "published_on": shown_date,
    "source": clean_line,
}


def load_teaser(raw: RawTeaser, found_on: str, source: str | None) -> dict[str, Any]:
    """A teaser's record but for the run's own fields (`run_id`, `first_seen_at`).

    `found_on` is the page's URL; `source` the name that the block's heading gives, which comes before the logo's.
    """
    item = _loaded(
        {
            "url": absolute_url(found_on, raw.href),
            "title": raw.title,
            "excerpt": raw.excerpt,
            "published_on": raw.date,
            "source": source or raw.source,
        }
    )
    item |= {"schema": TEASER, "id": raw.id, "found_on": found_on, "position": raw.position}
    return _with_language(item)


def load_article(raw: RawArticle, identity: str, url: str) -> dict[str, Any]:
    """An article's record but for the run's own fields (`run_id`, `first_seen_at`, `fetched_at`, revision).

    `url` is the address that answered; links in the page are resolved against it.
    """
    meta = raw.meta
    item = _loaded(
        {
            "url": url,
            "title": raw.title,
            "published_on": meta.date if meta is not None else None,
            "source": meta.source if meta is not None else None,
        }
    )
    if meta is not None and meta.original and (original := absolute_url(url, meta.original)) is not None:
        item["original_url"] = original
    item["body"] = join_paragraphs(line for each in raw.paragraphs if (line := clean_line(each)) is not None)
    item["images"] = list(_images(raw, url))
    item |= {"schema": ARTICLE, "id": identity, "truncated": raw.truncated, "extractor": raw.extractor}
    item["ingested_at"] = ingested_at(identity)
    item["story"] = story_of(item.get("original_url") or "")
    item["content_hash"] = content_hash(item.get("title", ""), item["body"])
    return _with_language(item)


def _loaded(raw: Mapping[str, str | None]) -> dict[str, Any]:
    """The fields that the page has, and that are understood, each in its form."""
    known = ((name, _FORMS[name](value)) for name, value in raw.items() if value is not None)
    return {name: value for name, value in known if value is not None}


def _images(raw: RawArticle, url: str) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for src, caption in raw.images:
        address = absolute_url(url, src)
        if address is not None and address not in seen:
            seen.add(address)
            yield {"url": address, "caption": clean_line(caption or "")}


def _with_language(item: dict[str, Any]) -> dict[str, Any]:
    item["language"] = language_of(item.get("source") or "")
    return item
