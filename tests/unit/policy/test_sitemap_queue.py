"""Which file of a sitemap is read next."""

from __future__ import annotations

from vokcrawl.pages.sitemap import Sitemap
from vokcrawl.policy.sitemap_queue import SitemapReading

INDEX = "https://site.example/sitemap_index.xml"


def read_all(reading: SitemapReading, files: dict[str, Sitemap]) -> list[str]:
    reading.take(files[INDEX])
    read = []
    while (url := reading.next_file()) is not None:
        read.append(url.rpartition("/")[2])
        reading.take(files.get(url, Sitemap(False, ())))
    return read


def test_file_that_changed_last_is_read_first() -> None:
    entries = (("https://site.example/a.xml", "2024-12-01"), ("https://site.example/b.xml", "2024-12-20"))
    assert read_all(SitemapReading(), {INDEX: Sitemap(True, entries)}) == ["b.xml", "a.xml"]


def test_index_that_names_itself_is_not_read_for_ever() -> None:
    other = "https://site.example/other.xml"
    files = {
        INDEX: Sitemap(True, (("https://site.example/a.xml", None), (INDEX, None), (other, None))),
        other: Sitemap(True, ((INDEX, None), (other, None), ("https://site.example/b.xml", None))),
    }
    reading = SitemapReading()
    assert sorted(read_all(reading, files)) == ["a.xml", "b.xml", "other.xml", "sitemap_index.xml"]
    assert reading.all_read
