"""The expected output of a crawl, by the sample site's own data, and comparisons with it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vokcrawl.sample import SampleSite

Record = dict[str, Any]


def by_id(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda record: record["id"])


def comparable(records: Iterable[Record], like: Iterable[Record]) -> list[Record]:
    """The records in the order of their ids, with the fields of the records that they are compared with."""
    names = next(iter(like)).keys()
    return by_id({name: record[name] for name in names} for record in records)


def assert_same(found: Iterable[Record], wanted: list[Record]) -> None:
    """The same records, each once, in every field of the site's data."""
    assert comparable(found, wanted) == by_id(wanted)


def assert_whole(crawl: Any, site: SampleSite) -> None:
    """Articles and teasers are the site's, each once, in every field; no record was rejected."""
    truth = site.truth()
    assert_same(crawl.articles(), truth["articles"])
    assert_same(crawl.teasers(), truth["teasers"])
    assert crawl.rejected() == []


def data_files(output: Path) -> list[str]:
    """All files of records, finished or not, relative to the output directory."""
    kinds = ("articles", "teasers", "removals", "rejected")
    return sorted(str(path.relative_to(output)) for kind in kinds for path in (output / kind).glob("*"))


def archive_files(output: Path) -> list[str]:
    """All archive files, finished or not, relative to the output directory."""
    return sorted(str(path.relative_to(output)) for path in (output / "archive").glob("*"))
