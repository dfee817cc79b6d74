"""The sitemap of the sample site: an index and its sitemaps, oldest first."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from vokcrawl.sample.content import SampleArticle
from vokcrawl.sample.skins.base import text

INDEX_PATH = "/sitemap_index.xml"
FILE_PATH = re.compile(r"/post-sitemap(\d{1,4})\.xml")
_PAGES_PATH = "/page-sitemap.xml"
# URLs per sitemap: far fewer than on a real site, so that a small site has several.
_SIZE = 40
_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def sitemap_at(path: str, articles: Sequence[SampleArticle], base_url: str) -> bytes | None:
    """The index, or the file at *path*; None for any other path. *articles* are all that the site lists."""
    oldest_first = sorted(articles, key=lambda article: article.id)
    files = [oldest_first[at : at + _SIZE] for at in range(0, len(oldest_first), _SIZE)]
    if path == INDEX_PATH:
        entries: list[tuple[str, SampleArticle | None]] = [(f"{base_url}{_PAGES_PATH}", None)]
        entries += [(f"{base_url}/post-sitemap{number}.xml", file[-1]) for number, file in enumerate(files, 1)]
        return _xml("sitemapindex", "sitemap", entries)
    if path == _PAGES_PATH:
        return _xml("urlset", "url", [(f"{base_url}/newstream/", None)])
    match = FILE_PATH.fullmatch(path)
    if match is None or not 0 < int(match[1]) <= len(files):
        return None
    return _xml("urlset", "url", [(base_url + article.path, article) for article in files[int(match[1]) - 1]])


def _xml(root: str, name: str, entries: Sequence[tuple[str, SampleArticle | None]]) -> bytes:
    lines = []
    for url, article in entries:
        changed = datetime.datetime.fromtimestamp(article.ts, datetime.UTC).isoformat() if article else None
        lines.append(f"<{name}><loc>{text(url)}</loc>{f'<lastmod>{changed}</lastmod>' if changed else ''}</{name}>\n")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {_NAMESPACE}>\n{"".join(lines)}</{root}>\n'.encode()
