"""The site's sitemap: XML that names pages, or further sitemaps. Read without entities, DTDs or network."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from vokcrawl.normalize import clean_text

# Of one file no more than this many addresses are read: the protocol allows 50,000.
_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What a sitemap names: pages, or (an index) further sitemaps; each with the moment of its last change, if said."""

    is_index: bool
    entries: tuple[tuple[str, str | None], ...]


def read_sitemap(body: bytes) -> Sitemap | None:
    """A sitemap or a sitemap index; None when the bytes are neither, or hold what a sitemap has no need of."""
    if b"<!DOCTYPE" in body[:10_000] or b"<!ENTITY" in body[:10_000]:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    kind = etree.QName(root).localname
    if kind not in ("sitemapindex", "urlset"):
        return None
    entries = []
    for child in root.iterchildren(tag=etree.Element):
        values = {
            etree.QName(each).localname: clean_text(each.text or "") for each in child.iterchildren(tag=etree.Element)
        }
        if values.get("loc"):
            entries.append((values["loc"], values.get("lastmod") or None))
        if len(entries) >= _MOST:
            break
    return Sitemap(kind == "sitemapindex", tuple(entries))
