"""Sitemaps and feeds: XML that names pages, or further sitemaps. Read without entities, DTDs or network."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from vokcrawl.normalize import clean_text

# Of one file no more than this many addresses are read, and not more than that many bytes: the protocol's own bounds.
_MOST, _MOST_BYTES = 50_000, 50 * 1024 * 1024
_GZIP = b"\x1f\x8b"
# The pages that a feed names, by the kind of feed: the local names of its items.
_FEEDS = {"rss": "item", "RDF": "item", "feed": "entry"}


@dataclass(frozen=True, slots=True)
class Sitemap:
    """The URLs in a sitemap or a sitemap index, each with its `lastmod`, if any."""

    is_index: bool
    entries: tuple[tuple[str, str | None], ...]


def read_sitemap(body: bytes) -> Sitemap | None:
    """A sitemap, a sitemap index, or a feed (its items' links); a file packed with gzip is unpacked.

    None when the bytes are none of these, or hold what none of them has a need of.
    """
    unpacked = _unpacked(body)
    if unpacked is None or b"<!DOCTYPE" in unpacked[:10_000] or b"<!ENTITY" in unpacked[:10_000]:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(unpacked.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    kind = etree.QName(root).localname
    if kind in _FEEDS:
        return Sitemap(False, tuple(_limited((url, None) for url in _feed_links(root, _FEEDS[kind]))))
    if kind not in ("sitemapindex", "urlset"):
        return None
    return Sitemap(kind == "sitemapindex", tuple(_limited(_locations(root))))


def _unpacked(body: bytes) -> bytes | None:
    if not body.startswith(_GZIP):
        return body
    try:
        stream = zlib.decompressobj(wbits=31)
        found = stream.decompress(body, _MOST_BYTES)
    except zlib.error:
        return None
    return found if stream.eof else None


def _limited(entries: Iterator[tuple[str, str | None]]) -> Iterator[tuple[str, str | None]]:
    return (entry for _, entry in zip(range(_MOST), entries, strict=False))


def _locations(root: etree._Element) -> Iterator[tuple[str, str | None]]:
    for child in root.iterchildren(tag=etree.Element):
        values = {
            etree.QName(each).localname: clean_text(each.text or "") for each in child.iterchildren(tag=etree.Element)
        }
        if values.get("loc"):
            yield values["loc"], values.get("lastmod") or None


def _feed_links(root: etree._Element, item: str) -> Iterator[str]:
    """The links of a feed's items: the text of RSS's <link>, the address of Atom's first one without another role."""
    for each in root.iter(f"{{*}}{item}"):
        for link in each.iterchildren("{*}link"):
            url = clean_text(link.get("href") or link.text or "")
            if url and link.get("rel", "alternate") == "alternate":
                yield url
                break
