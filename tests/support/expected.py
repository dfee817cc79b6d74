"""What a crawl should have left, from the sample site's own account of itself, and how to compare the two."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vokcrawl.sample import SampleSite

Record = dict[str, Any]


def by_id(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda record: record["id"])


def comparable(records: Iterable[Record], like: Iterable[Record]) -> list[Record]:
    """The records in the order of their ids, with the fields that those they are compared with have."""
    names = next(iter(like)).keys()
    return by_id({name: record[name] for name in names} for record in records)


def assert_same(found: Iterable[Record], wanted: list[Record]) -> None:
    """The same records, each once, in every field that the site's account has."""
    assert comparable(found, wanted) == by_id(wanted)


def assert_whole(crawl: Any, site: SampleSite) -> None:
    """Articles and teasers are the site's, each once, field by field; no record broke its schema."""
    truth = site.truth()
    assert_same(crawl.articles(), truth["articles"])
    assert_same(crawl.teasers(), truth["teasers"])
    assert crawl.rejected() == []


def data_files(output: Path) -> list[str]:
    """All files of records, finished or not, relative to the output folder."""
    kinds = ("articles", "teasers", "removals", "rejected")
    return sorted(str(path.relative_to(output)) for kind in kinds for path in (output / kind).glob("*"))


def archive_files(output: Path) -> list[str]:
    """All files of the archive, finished or not, relative to the output folder."""
    return sorted(str(path.relative_to(output)) for path in (output / "archive").glob("*"))
