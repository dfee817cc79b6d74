"""Links between the parts of an article."""

from __future__ import annotations

import pytest

from vokcrawl.pages.article_parts import linked_parts, part_number
from vokcrawl.pages.document import read_document

ARTICLE = "https://site.test/newstream/1750885366-665971553/slug/"


def linked(*hrefs: str, url: str = ARTICLE) -> dict[int, str]:
    links = "".join(f'<a href="{href}">x</a>' for href in hrefs)
    return linked_parts(read_document(f"<html><body><p>Text{links}</p></body></html>".encode(), "text/html").root, url)


@pytest.mark.parametrize(
    ("url", "number"),
    [
        (ARTICLE, 1),
        (f"{ARTICLE}2/", 2),
        (f"{ARTICLE}2", 2),
        (f"{ARTICLE}?page=13", 13),
        (f"{ARTICLE}?page=0", 1),
        (f"{ARTICLE}?page=2&page=3", 1),
        (f"{ARTICLE}02/", 1),
        # Without a slug the number is the slug.
        ("https://site.test/newstream/1750885366-665971553/2/", 1),
        ("https://site.test/article/163/2/", 1),
    ],
)
def test_part_number_of_a_url(url: str, number: int) -> None:
    assert part_number(url) == number


def test_parts_are_linked_by_path_or_query() -> None:
    assert linked("2/", f"{ARTICLE}3/", "#4") == {2: f"{ARTICLE}2/", 3: f"{ARTICLE}3/"}
    assert linked("?page=2") == {2: f"{ARTICLE}?page=2"}


def test_later_part_links_to_the_ones_behind_it() -> None:
    hrefs = (ARTICLE, f"{ARTICLE}2/", f"{ARTICLE}3/?utm_source=x#top")
    assert linked(*hrefs, url=f"{ARTICLE}2/") == {3: f"{ARTICLE}3/?utm_source=x#top"}


@pytest.mark.parametrize(
    "href",
    [
        "https://other.test/newstream/1750885366-665971553/slug/2/",
        "https://site.test:8443/newstream/1750885366-665971553/slug/2/",
        "/newstream/1750885366-665971554/slug/2/",
        "/newstream/1750885366-665971553/other-slug/2/",
        "/newstream/1750885366-665971553/slug/comment-page-2/",
        "/newstream/1750885366-665971553/slug/99999/",
        "../2/",
        "mailto:2@site.test",
    ],
)
def test_other_links_are_no_parts(href: str) -> None:
    assert linked(href) == {}
