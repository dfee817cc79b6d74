"""Thousands of mutated pages through all readers: none raises, and no field of what they give breaks its schema.

`VOK_TEST_MUTATED_PAGES` says how many, and `VOK_TEST_MUTATED_FROM` the number of the first; each is made from its
number alone, so that one that fails can be made again.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

from tests.conftest import FULL_SIZE, THOROUGH
from tests.support.page_mutations import DAMAGE, SKINS, articles, path_of, rendered
from vokcrawl.crawling.article_result import article_page, find_article
from vokcrawl.items import ARTICLE, TEASER, validated
from vokcrawl.loaders import load_teaser
from vokcrawl.normalize import article_id
from vokcrawl.pages.document import PageFault, read_document
from vokcrawl.pages.extractors import EXTRACTORS
from vokcrawl.pages.more import read_more

PAGES = int(os.environ.get("VOK_TEST_MUTATED_PAGES") or (5000 if FULL_SIZE else 2000 if THOROUGH else 600))
FIRST = int(os.environ.get("VOK_TEST_MUTATED_FROM", "0"))
FIXTURES = [path.read_text("utf-8") for path in sorted((Path(__file__).parents[2] / "fixtures/pages").glob("*/*.html"))]
RUN = {"run_id": "20241210T060000Z", "first_seen_at": "2024-12-10T06:00:00Z", "fetched_at": "2024-12-10T06:00:00Z"}
URL = "http://site.test/newstream/1733799346-500000000/works-completed-in-sariwon/"
PUT = (
    *DAMAGE, "<nobr>", "<x-a>", "<ruby>", "<rp>", "<dl class='gallery-item'>", "<figcaption>", "<noscript>",
    "</noscript>", "<p hidden>", "<div style='display:none'>", "<base href='http://[x/'>", "<form>",
    "<img class=emoji alt='\u202e'>",
    "<span data-cfemail='7d17'>", "Warning: x in /a.php on line 3", "<p class='wp-caption-text'>", "\x85\x9f",
)  # fmt: skip


def mutated(markup: str, rng: random.Random) -> str:
    for _ in range(rng.randrange(1, 6)):
        at, length = rng.randrange(len(markup) + 1), rng.randrange(1, 1500)
        put = rng.choice(PUT)
        kind = rng.randrange(5)
        if kind == 0:
            markup = markup[:at] + markup[at + length :]
        elif kind == 1:
            markup = markup[:at] + markup[at : at + length] + markup[at:]
        elif kind == 2:
            markup = markup[:at] + put + markup[at:]
        elif kind == 3:
            markup = markup[:at] + put + markup[at + length :]
        else:
            other = rng.randrange(len(markup) + 1)
            markup = markup[:at] + markup[other : other + length] + markup[at:]
    return markup


def page_of(number: int) -> str:
    rng = random.Random(number)
    if number % 3 == 0:
        markup = rng.choice(FIXTURES)
    else:
        skin = rng.choice(SKINS)
        markup = rendered(path_of(rng.choice(articles(skin))) if number % 3 == 1 else "/article/163/", skin)
    return mutated(markup, rng)


def read(markup: str) -> None:
    body = markup.encode("utf-8", "replace")
    try:
        root = read_document(body, "text/html; charset=utf-8", URL).root
        read_more(root, URL, 10)
        teasers = EXTRACTORS[-1].teasers(root)
        page = article_page(EXTRACTORS[-1], root, URL, body)
    except PageFault:
        return
    found = find_article(page, str(article_id(URL)), URL, body)
    if found.item.get("title"):
        record = {"schema": ARTICLE, "revision": 1, **found.item, **RUN}
        validated(record)
    for raw in (*teasers, *page.teasers()):
        item = load_teaser(raw, URL, None)
        if item.get("url"):
            validated({"schema": TEASER, **item, "run_id": RUN["run_id"], "first_seen_at": RUN["first_seen_at"]})


def test_mutated_pages_never_raise_and_give_sound_records() -> None:
    for number in range(FIRST, FIRST + PAGES):
        try:
            read(page_of(number))
        except Exception as error:
            raise AssertionError(f"page_of({number})") from error
