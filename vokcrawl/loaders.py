"""Item loaders: raw strings of a page in, normalised fields of a record out.

Every field goes through the pure functions of `fields`; a value that they do not understand leaves its field out,
and validation puts the contract's ``None`` there.
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
    """A processor that gives a function's value of each string, but for those that it does not understand.

    `MapCompose` does the same by way of what its functions do not need: a context, and values that are no strings.
    """

    def process(values: Sequence[str]) -> list[str]:
        return [sound for value in values if (sound := function(value)) is not None]

    # Static: a function of a class would be taken for a method.
    return staticmethod(process)


class RecordLoader(ItemLoader):
    """What both kinds share. `load_item` gives a plain dict with the fields that are known."""

    default_item_class = dict

    url_in = _each(canonical_url)
    title_in = _each(clean_title)
    published_on_in = _each(shown_date)
    source_in = _each(source_name)

    # Each by its name: before a default comes in, the fields of the item are looked through for another one.
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
    """A teaser's record but for the run's own fields (`run_id`, `first_seen_at`).

    `found_on` is the page's URL; `source` the name that the block's heading gives, which comes before the logo's.
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
    """What a teaser shows of its article, normalised."""
    return ListedValues(
        title=clean_title(raw.title or ""),
        excerpt=clean_line(raw.excerpt or ""),
        published_on=shown_date(raw.date or ""),
    )


def load_article(raw: RawArticle, identity: str, url: str) -> dict[str, Any]:
    """An article's record but for the run's own fields (`run_id`, `first_seen_at`, `fetched_at`, revision).

    `url` is the address that answered; links in the page are resolved against it.
    """
    loader = ArticleLoader()
    # The page's own word for its address, where it stays on this site: a copy for mobile readers is the same article.
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
    # From the source as shown: where its name is empty its language is not.
    item["language"] = language_of(clean_text(shown_source or ""))
    return item
