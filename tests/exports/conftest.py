"""What the tests of exports share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from archives import HOSTILE, Record, article, removal, teaser, write_archive

# So that tests here can say `from scheduling import …`.
sys.path.insert(1, str(Path(__file__).parent.parent / "schedule"))


@pytest.fixture(scope="session")
def records() -> list[Record]:
    """Four runs: six articles, one of them changed twice, one removed, one removed and back, one without a day."""
    first, second, third, fourth = (f"2024-0{month}-10T06:00:00Z" for month in (3, 4, 5, 6))
    zero, one = article(0, first), article(1, first)
    return [
        zero,
        one,
        article(2, first, title=HOSTILE, body='Quotes "so", commas, and\n\na second paragraph.', language=None),
        article(3, first, published_on=None, body="", source=None),
        article(4, first, images=[{"url": "https://site.test/a.jpg", "caption": "조선"}], story="240310001"),
        *(teaser(number, first) for number in range(5)),
        teaser(5, second, title=None, excerpt="An opening", published_on=None),
        article(5, second, archived_as={"file": "archive/a.warc.gz", "offset": 7, "digest": "sha1:X"}, truncated=True),
        article(0, second, body="Changed.", revision=2, previous_hash=zero["content_hash"], changed=["body"]),
        removal(1, second, last_hash=one["content_hash"]),
        removal(4, second, status=410),
        article(4, third, revision=2, changed=[], images=[]),
        article(0, fourth, body="Changed again.", title="New", revision=3, changed=["title", "body"]),
    ]


@pytest.fixture
def archive(records: list[Record], output: Path) -> Path:
    """An output folder with them."""
    return write_archive(output, *records)
