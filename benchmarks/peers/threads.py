"""A typical crawler: requests, BeautifulSoup with Python's own parser, and five threads."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from bs4 import BeautifulSoup

THREADS = 5
SECONDS = 30


def main(start: str, feed: str) -> None:
    """Follow the listing from `start`, and write title and body of each article to `feed` as JSON lines."""
    with requests.Session() as session, ThreadPoolExecutor(THREADS) as threads, Path(feed).open("w") as file:

        def page(url: str) -> BeautifulSoup:
            answer = session.get(url, timeout=SECONDS)
            answer.raise_for_status()
            return BeautifulSoup(answer.content, "html.parser")

        def article(url: str) -> dict[str, Any]:
            soup = page(url)
            title = soup.select_one(".article-single h2")
            body = [each.get_text() for each in soup.select(".article-content > p")]
            return {"url": url, "title": title and title.get_text(), "body": "\n\n".join(body)}

        url: str | None = start
        seen: set[str] = set()
        while url is not None:
            soup = page(url)
            links = [
                urljoin(url, str(link["href"])) for link in soup.select("#latest_article_wrapper .article-desc h4 a")
            ]
            new = [link for link in dict.fromkeys(links) if link not in seen]
            seen.update(new)
            for record in threads.map(article, new):
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
            more = soup.select_one(".more-link a")
            url = urljoin(url, str(more["href"])) if more is not None else None


if __name__ == "__main__":
    main(*sys.argv[1:])
