"""Item loaders: raw strings of a page in, normalised fields of a record out.

Fields are normalised by the functions in `normalize`. A field whose value is not understood is omitted; validation sets
it to ``None``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from itemloaders import ItemLoader
from itemloaders.processors import Identity, TakeFirst

from vokcrawl.items import ARTICLE, TEASER
from vokcrawl.normalize import (
    absolute_url,
    authority,
    canonical_url,
    clean_line,
    clean_text,
    clean_title,
    content_hash,
    ingested_at,
    join_paragraphs,
    language_of,
    shown_date,
    source_name,
    story_of,
)
from vokcrawl.pages.article import RawArticle
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.policy.article_checks import ListedValues


def _each(function: Callable[[str], str | None]) -> Callable[[Sequence[str]], list[str]]:
    """Return a processor that applies a function to each string and omits results that are None.

    `MapCompose` does the same, but slower, because it supports contexts and other types.
    """

    def process(values: Sequence[str]) -> list[str]:
        return [sound for value in values if (sound := function(value)) is not None]

    # Static, because a function in a class would become a method.
    return staticmethod(process)


class RecordLoader(ItemLoader):
    """Base class. `load_item` returns a plain dict with the known fields."""

    default_item_class = dict

    url_in = _each(canonical_url)
    title_in = _each(clean_title)
    published_on_in = _each(shown_date)
    source_in = _each(source_name)

    # Named for each field, because the lookup of a default output processor is slow.
    url_out = title_out = published_on_out = source_out = TakeFirst()


class TeaserLoader(RecordLoader):
    """Fields of a teaser."""

    excerpt_in = _each(clean_line)
    excerpt_out = TakeFirst()


class ArticleLoader(RecordLoader):
    """Fields of an article."""

    body_in = _each(clean_line)
    body_out = staticmethod(join_paragraphs)
    original_url_in = Identity()
    original_url_out = TakeFirst()
    images_in = images_out = Identity()


def load_teaser(raw: RawTeaser, found_on: str, source: str | None) -> dict[str, Any]:
    """Load a teaser record, without the fields that the run sets (`run_id`, `first_seen_at`).

    `found_on` is the URL of the page. `source` is the name in the heading of the block; it overrides that of the logo.
    """
    loader = TeaserLoader()
    loader.add_value("url", absolute_url(found_on, raw.href))
    loader.add_value("title", raw.title)
    loader.add_value("excerpt", raw.excerpt)
    loader.add_value("published_on", raw.date)
    loader.add_value("source", source or raw.source)
    item: dict[str, Any] = loader.load_item()
    item |= {"schema": TEASER, "id": raw.id, "found_on": found_on, "position": raw.position}
    return _with_language(item, source or raw.source)


def listed_values(raw: RawTeaser) -> ListedValues:
    """Return the normalised values that a teaser shows of its article."""
    return ListedValues(
        title=clean_title(raw.title or ""),
        excerpt=clean_line(raw.excerpt or ""),
        published_on=shown_date(raw.date or ""),
    )


def load_article(raw: RawArticle, identity: str, url: str) -> dict[str, Any]:
    """Load an article record, without the fields that the run sets (`run_id`, `first_seen_at`, `fetched_at`, revision).

    `url` is the URL of the response; links in the page are resolved against it.
    """
    loader = ArticleLoader()
    # The canonical link of the page, if it is on this site: a copy for mobile readers is the same article.
    canonical = absolute_url(url, raw.canonical) if raw.canonical else None
    loader.add_value("url", canonical if canonical and authority(canonical) == authority(url) else url)
    loader.add_value("title", raw.title)
    loader.add_value("body", raw.paragraphs)
    if raw.meta is not None:
        loader.add_value("published_on", raw.meta.date)
        loader.add_value("source", raw.meta.source)
        loader.add_value("original_url", raw.meta.original and absolute_url(url, raw.meta.original))
    loader.add_value("images", list(_images(raw, url)))
    item: dict[str, Any] = {"body": "", "images": [], **loader.load_item()}
    item |= {"schema": ARTICLE, "id": identity, "truncated": raw.truncated, "extractor": raw.extractor}
    item["ingested_at"] = ingested_at(identity)
    item["story"] = story_of(item.get("original_url") or "")
    item["content_hash"] = content_hash(item.get("title", ""), item["body"])
    return _with_language(item, raw.meta.source if raw.meta else None)


def _images(raw: RawArticle, url: str) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for src, caption in raw.images:
        address = absolute_url(url, src)
        if address is not None and address not in seen:
            seen.add(address)
            yield {"url": address, "caption": clean_line(caption or "")}


def _with_language(item: dict[str, Any], shown_source: str | None) -> dict[str, Any]:
    # From the source as shown: its name may be empty although its language is not.
    item["language"] = language_of(clean_text(shown_source or ""))
    return item
