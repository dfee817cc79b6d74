"""A fast crawler: aiohttp and selectolax, with the same concurrency as the Scrapy spiders."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
from selectolax.lexbor import LexborHTMLParser

AT_ONCE = 8


async def crawl(start: str, feed: str) -> None:
    """Follow the listing from `start`, and write title and body of each article to `feed` as JSON lines."""
    free = asyncio.Semaphore(AT_ONCE)
    tasks: set[asyncio.Task[None]] = set()
    seen: set[str] = set()
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        with Path(feed).open("w") as file:

            async def page(url: str) -> LexborHTMLParser:
                async with free, session.get(url) as answer:
                    return LexborHTMLParser(await answer.read())

            async def article(url: str) -> None:
                tree = await page(url)
                title = tree.css_first(".article-single h2")
                body = [each.text() for each in tree.css(".article-content > p")]
                record: dict[str, Any] = {"url": url, "title": title and title.text(), "body": "\n\n".join(body)}
                file.write(json.dumps(record, ensure_ascii=False) + "\n")

            url: str | None = start
            while url is not None:
                tree = await page(url)
                for link in tree.css("#latest_article_wrapper .article-desc h4 a"):
                    address = urljoin(url, link.attributes["href"] or "")
                    if address not in seen:
                        seen.add(address)
                        tasks.add(asyncio.create_task(article(address)))
                more = tree.css_first(".more-link a")
                url = urljoin(url, more.attributes["href"] or "") if more is not None else None
            await asyncio.gather(*tasks)


if __name__ == "__main__":
    asyncio.run(crawl(*sys.argv[1:]))
