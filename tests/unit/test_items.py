"""The contract of the records: every key present, null where unknown, nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from vokcrawl.items import KINDS, MODELS, validated, without_optional_faults

NOW = "2024-12-10T06:00:00Z"
RUN = "20241210T060000Z"
HASH = f"sha256:{'0' * 64}"
URL = "http://site.test/newstream/1733800000-101/slug/"
ARTICLE: dict[str, Any] = {
    "schema": "vokcrawl.article/1",
    "id": "1733800000-101",
    "url": URL,
    "title": "Orchard harvest",
    "body": "One.\n\nTwo.",
    "content_hash": HASH,
    "first_seen_at": NOW,
    "fetched_at": NOW,
    "run_id": RUN,
    "extractor": "x/1",
}
TEASER: dict[str, Any] = {
    "schema": "vokcrawl.teaser/1",
    "id": "1733800000-101",
    "url": URL,
    "found_on": "http://site.test/article/163/?page=2",
    "position": 1,
    "first_seen_at": NOW,
    "run_id": RUN,
}
REMOVAL: dict[str, Any] = {
    "schema": "vokcrawl.removal/1",
    "id": "1733800000-101",
    "url": URL,
    "status": 404,
    "first_missing_at": NOW,
    "confirmed_at": NOW,
    "last_hash": HASH,
    "run_id": RUN,
}
# Field by field as docs/records.md promises them, in their order.
KEYS = {
    "vokcrawl.article/1": "schema id url title body published_on ingested_at source language original_url story images "
    "truncated content_hash revision previous_hash changed first_seen_at fetched_at run_id extractor archived_as",
    "vokcrawl.teaser/1": "schema id url title excerpt published_on source language found_on position first_seen_at "
    "run_id",
    "vokcrawl.removal/1": "schema id url status first_missing_at confirmed_at last_hash run_id",
}


@pytest.mark.parametrize("record", [ARTICLE, TEASER, REMOVAL], ids=list(KINDS.values()))
def test_every_key_is_present_in_order_and_null_where_unknown(record: dict[str, Any]) -> None:
    whole = validated(record)
    assert list(whole) == KEYS[record["schema"]].split()
    assert whole == {**whole, **record}
    unknown = {key: value for key, value in whole.items() if key not in record}
    empty = {"images": [], "changed": [], "truncated": False, "revision": 1}
    assert all(value == empty.get(key) for key, value in unknown.items())
    assert validated(whole) == whole


@pytest.mark.parametrize("record", [ARTICLE, TEASER, REMOVAL], ids=list(KINDS.values()))
def test_required_keys_are_required_and_unknown_keys_refused(record: dict[str, Any]) -> None:
    for key in record.keys() - {"schema"}:
        with pytest.raises(ValidationError, match=key):
            validated({name: value for name, value in record.items() if name != key})
    with pytest.raises(ValidationError, match="stranger"):
        validated(record | {"stranger": 1})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "1733800000-"),
        ("id", "173380000-1"),
        ("id", 17338000001),
        ("url", "http://site.test/a"),
        ("url", "http://site.test/a/?x=1"),
        ("url", "http://site.test/a/#x"),
        ("url", "ftp://site.test/a/"),
        ("url", "/newstream/"),
        ("title", ""),
        ("title", "two\nlines"),
        ("title", None),
        ("title", "x" * 100_001),
        ("published_on", "2024-13-01"),
        ("published_on", "2024-2-1"),
        ("published_on", "2024-02-30"),
        ("published_on", "0000-01-01"),
        ("published_on", "December 10, 2024"),
        ("published_on", ""),
        ("ingested_at", "2024-12-10T06:00:00+00:00"),
        ("ingested_at", "2024-12-10"),
        ("ingested_at", "2024-02-30T06:00:00Z"),
        ("ingested_at", "2024-12-10T25:00:00Z"),
        ("original_url", "javascript:x"),
        ("truncated", "false"),
        ("truncated", 1),
        ("content_hash", "0" * 64),
        ("revision", 0),
        ("revision", "1"),
        ("images", [{"url": "a.jpg", "caption": None}]),
        ("images", [{"url": "http://x.test/a.jpg", "alt": "x"}]),
        ("run_id", "2024-12-10"),
        ("first_seen_at", None),
    ],
)
def test_an_invalid_value_is_refused_and_never_converted(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        validated(ARTICLE | {field: value})


def test_a_removal_is_a_404_or_a_410() -> None:
    assert validated(REMOVAL | {"status": 410})["status"] == 410
    with pytest.raises(ValidationError, match="status"):
        validated(REMOVAL | {"status": 500})


def test_positions_count_from_one() -> None:
    with pytest.raises(ValidationError, match="position"):
        validated(TEASER | {"position": 0})


def test_a_record_of_an_unknown_schema_is_refused() -> None:
    with pytest.raises(KeyError):
        validated({"schema": "vokcrawl.article/2"})


def test_each_schema_has_a_class_a_directory_and_a_description_of_every_field() -> None:
    assert KINDS.keys() == MODELS.keys() == KEYS.keys()
    for name, model in MODELS.items():
        schema = model.model_json_schema(by_alias=True)
        assert list(schema["properties"]) == KEYS[name].split()
        assert all(each.get("description") for each in schema["properties"].values())


def mended(record: dict[str, Any]) -> dict[str, Any] | None:
    with pytest.raises(ValidationError) as caught:
        validated(record)
    return without_optional_faults(record, caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("published_on", "2024-02-30"),
        ("ingested_at", "2024-12-10"),
        ("source", "two\nlines"),
        ("source", "x" * 100_001),
        ("language", 7),
        ("original_url", "javascript:x"),
        ("original_url", f"http://site.test/{'x' * 4096}"),
        ("story", 1),
        ("archived_as", {"file": "archive/x.warc.gz", "offset": -1, "digest": "x"}),
    ],
)
def test_an_invalid_optional_field_becomes_null(field: str, value: object) -> None:
    image = {"url": "http://site.test/a.jpg", "caption": None}
    whole = ARTICLE | {"published_on": "2024-12-10", "images": [image], "source": "A", "story": "n250625008"}
    assert mended(whole | {field: value}) == validated({**whole, field: None})


def test_several_invalid_optional_fields_become_null() -> None:
    faulty = TEASER | {"title": "two\nlines", "excerpt": "", "published_on": "yesterday", "source": "A (EN)"}
    assert mended(faulty) == validated(TEASER | {"source": "A (EN)"})


def test_an_invalid_image_loses_its_caption_or_is_dropped() -> None:
    sound = {"url": "http://site.test/a.jpg", "caption": "A"}
    long = {"url": "http://site.test/b.jpg", "caption": "x" * 100_001}
    relative = {"url": "c.jpg", "caption": "C"}
    both = {"url": "d.jpg", "caption": ""}
    stranger = {"url": "http://site.test/e.jpg", "alt": "x"}
    images = [sound, long, relative, both, "f.jpg", stranger, sound]
    assert mended(ARTICLE | {"images": images}) == validated(
        ARTICLE | {"images": [sound, {**long, "caption": None}, sound]}
    )
    assert mended(ARTICLE | {"images": "a.jpg"}) == validated(ARTICLE)


@pytest.mark.parametrize(
    ("record", "field", "value"),
    [
        (ARTICLE, "id", "1"),
        (ARTICLE, "url", "/a"),
        (ARTICLE, "title", "x" * 100_001),
        (ARTICLE, "body", "x" * 5_000_001),
        (ARTICLE, "content_hash", "0"),
        # A default is no unknown value.
        (ARTICLE, "truncated", "yes"),
        (ARTICLE, "revision", 0),
        (ARTICLE, "changed", [1]),
        (ARTICLE, "stranger", 1),
        (TEASER, "url", "/a"),
        (TEASER, "position", 0),
        (REMOVAL, "status", 500),
    ],
)
def test_an_invalid_required_field_rejects_the_record(record: dict[str, Any], field: str, value: object) -> None:
    assert mended(record | {field: value}) is None
    if "published_on" in validated(record):
        assert mended(record | {field: value, "published_on": "yesterday"}) is None
