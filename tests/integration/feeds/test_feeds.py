"""Feeds after each run: valid Atom and JSON Feed, bounded, stable, and with text of the site as text."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import feedparser
import orjson
import pytest
from feedparser.util import FeedParserDict
from jsonschema import Draft202012Validator

from tests.support.written_records import (
    HOSTILE,
    Record,
    article,
    identity,
    removal,
    run_id,
    write_archive,
    write_lines,
)
from vokcrawl.config.watch_list import WatchList
from vokcrawl.errors import StorageError
from vokcrawl.feeds.store import NAME, FeedStore
from vokcrawl.feeds.updating import FeedOptions, update
from vokcrawl.storage.output_folder import OutputFolder

FIRST, SECOND, THIRD = "2024-03-10T06:00:00Z", "2024-04-10T06:00:00Z", "2024-05-10T06:00:00Z"
HOME = "https://site.test/newstream/"
ALL = ("new", "changed", "removed")


def options(**given: Any) -> FeedOptions:
    values: dict[str, Any] = {"size": 50, "base_url": None, "watch": WatchList(())}
    return FeedOptions(source="Voice of Korea (EN)", home=HOME, **{**values, **given})


def updated(output: Path, at: str = THIRD, **given: Any) -> None:
    update(OutputFolder(output), options(**given), run_id(at))


_TEXT = {"type": "string", "minLength": 1}
_URL = {"type": "string", "pattern": "^https?://[^\\s]+$"}
# RFC 3339.
_TIME = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"}
_AUTHORS = {
    "type": "array",
    "items": {"type": "object", "properties": {"name": _TEXT, "url": _URL, "avatar": _URL}, "minProperties": 1},
}


def _closed(**properties: Any) -> Record:
    """An object with these members; an extension has a name that begins with an underscore."""
    return {"type": "object", "properties": properties, "patternProperties": {"^_[^.]+$": {"type": "object"}},
            "additionalProperties": False}  # fmt: skip


# What https://www.jsonfeed.org/version/1.1/ requires and allows.
_ITEM = _closed(
    id=_TEXT, url=_URL, external_url=_URL, title=_TEXT, content_html=_TEXT, content_text=_TEXT, summary=_TEXT,
    image=_URL, banner_image=_URL, date_published=_TIME, date_modified=_TIME, authors=_AUTHORS, language=_TEXT,
    tags={"type": "array", "items": _TEXT}, attachments={"type": "array"},
)  # fmt: skip
_ITEM |= {"required": ["id"], "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}]}
JSON_FEED = _closed(
    version={"const": "https://jsonfeed.org/version/1.1"}, title=_TEXT, home_page_url=_URL, feed_url=_URL,
    description=_TEXT, user_comment=_TEXT, next_url=_URL, icon=_URL, favicon=_URL, authors=_AUTHORS, language=_TEXT,
    expired={"type": "boolean"}, hubs={"type": "array"}, items={"type": "array", "items": _ITEM},
)  # fmt: skip
JSON_FEED |= {"required": ["version", "title", "items"]}


def atom(output: Path, name: str) -> FeedParserDict:
    """A parsed feed; it must be well-formed and complete."""
    parsed = feedparser.parse((output / "feeds" / f"{name}.atom").read_bytes())
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert parsed.version == "atom10"
    assert parsed.feed.id.startswith("urn:uuid:")
    assert parsed.feed.title
    assert parsed.feed.updated
    assert len({entry.id for entry in parsed.entries}) == len(parsed.entries)
    # An entry without an author has that of the feed.
    assert parsed.feed.author
    assert all(entry.title and entry.updated and entry.link for entry in parsed.entries)
    return parsed


def json_feed(output: Path, name: str) -> Record:
    document: Record = orjson.loads((output / "feeds" / f"{name}.json").read_bytes())
    Draft202012Validator(JSON_FEED).validate(document)
    for item in document["items"]:
        assert item["id"].startswith("urn:uuid:")
        assert item["content_html"]
    assert len({item["id"] for item in document["items"]}) == len(document["items"])
    return document


@pytest.fixture
def archive(output: Path) -> Path:
    return write_archive(
        output,
        article(0, FIRST, title=HOSTILE, body="Old words here.\n\nThe same <b>paragraph</b>."),
        article(1, FIRST),
        article(2, FIRST, source=None, language=None, title="A\ufffe\u202eB"),
        article(
            0,
            SECOND,
            title="New & title",
            body="New words here.\n\nThe same <b>paragraph</b>.",
            revision=2,
            changed=["title", "body"],
        ),
        removal(1, SECOND),
        article(1, THIRD, revision=2, changed=[]),
    )


def test_feeds_of_new_changed_and_removed_articles_in_both_formats(archive: Path) -> None:
    updated(archive)
    ids = {
        "new": [identity(2), identity(1), identity(0)],
        "changed": [identity(1), identity(0)],
        "removed": [identity(1)],
    }
    for name in ALL:
        parsed, document = atom(archive, name), json_feed(archive, name)
        assert [item["_vokcrawl"]["article_id"] for item in document["items"]] == ids[name]
        assert [entry.id for entry in parsed.entries] == [item["id"] for item in document["items"]]
        assert [entry.link for entry in parsed.entries] == [item["url"] for item in document["items"]]
        assert parsed.feed.title == document["title"] == f"Voice of Korea (EN): {name} articles"
    assert sorted(path.name for path in (archive / "feeds").iterdir()) == sorted(
        f"{name}.{extension}" for name in ALL for extension in ("atom", "json")
    )


def test_a_changed_entry_marks_the_difference_and_a_removed_one_keeps_the_text(archive: Path) -> None:
    updated(archive)
    back, edited = json_feed(archive, "changed")["items"]
    assert "The article reappeared unchanged as revision 2." in back["content_html"]
    assert "<del>Old</del> <ins>New</ins> words here." in edited["content_html"]
    assert "[1 unchanged paragraph]" in edited["content_html"]
    assert edited["content_html"].count("<h2>") == 1
    (gone,) = json_feed(archive, "removed")["items"]
    assert f"confirmed at {SECOND}" in gone["content_html"]
    text = article(1, FIRST)["body"].split("\n\n")[0]
    assert f"<p>{text}</p>" in gone["content_html"]


def test_text_of_a_page_stays_text(archive: Path) -> None:
    updated(archive)
    entry = atom(archive, "new").entries[-1]
    assert "<script>" in (archive / "feeds" / "new.json").read_text(encoding="utf-8")
    assert "&lt;script&gt;" in (archive / "feeds" / "new.atom").read_text(encoding="utf-8")
    assert "=HYPERLINK" in entry.title
    item = json_feed(archive, "new")["items"][-1]
    assert "<p>The same &lt;b&gt;paragraph&lt;/b&gt;.</p>" in item["content_html"]
    # Neither XML nor a reader's screen can have these characters.
    assert json_feed(archive, "new")["items"][0]["title"] == atom(archive, "new").entries[0].title == "AB"


def test_unchanged_feeds_keep_their_bytes_and_their_time(archive: Path) -> None:
    updated(archive)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (archive / "feeds").iterdir()}
    updated(archive)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before
    # A run with a new article touches only the feed that contains it.
    write_archive(archive, article(7, "2024-06-10T06:00:00Z"))
    updated(archive, "2024-06-10T06:00:00Z")
    after = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before}
    assert {path.name for path in before if after[path] != before[path]} == {"new.atom", "new.json"}
    assert len(json_feed(archive, "new")["items"]) == 4


def test_feeds_are_the_same_whether_built_run_by_run_or_at_once(output: Path, tmp_path: Path) -> None:
    texts = [f"Text {number}." for number in range(30)]
    runs = [
        [article(number, FIRST, body=texts[number]) for number in range(20)],
        [article(number, SECOND, body=texts[number], revision=2, changed=["body"]) for number in range(0, 20, 2)],
        [article(number, THIRD) for number in range(20, 30)] + [removal(number, THIRD) for number in range(5)],
    ]
    at_once = tmp_path / "at once"
    for at, records in zip((FIRST, SECOND, THIRD), runs, strict=True):
        write_archive(output, *records)
        write_archive(at_once, *records)
        updated(output, at, size=7)
    updated(at_once, size=7)
    for name in ALL:
        assert len(json_feed(output, name)["items"]) == min(7, {"removed": 5}.get(name, 7))
        for extension in ("atom", "json"):
            path = Path("feeds") / f"{name}.{extension}"
            assert (output / path).read_bytes() == (at_once / path).read_bytes()
    assert json_feed(output, "new")["items"][0]["_vokcrawl"]["article_id"] == identity(29)


def test_base_url_and_ids(archive: Path) -> None:
    updated(archive)
    ids = [item["id"] for item in json_feed(archive, "new")["items"]]
    assert "feed_url" not in json_feed(archive, "new")
    updated(archive, base_url="https://mirror.test/feeds/")
    assert json_feed(archive, "new")["feed_url"] == "https://mirror.test/feeds/new.json"
    links = {link.rel: link.href for link in atom(archive, "changed").feed.links}
    assert links == {"self": "https://mirror.test/feeds/changed.atom", "alternate": HOME}
    assert [item["id"] for item in json_feed(archive, "new")["items"]] == ids


def test_a_run_without_articles_has_valid_empty_feeds(output: Path) -> None:
    (output / "articles").mkdir(parents=True)
    updated(output)
    for name in ALL:
        assert atom(output, name).entries == []
        assert json_feed(output, name)["items"] == []


def test_without_feeds_no_directory_is_written(archive: Path) -> None:
    updated(archive, size=0)
    assert not (archive / "feeds").exists()


def test_a_long_text_is_cut_and_an_incomplete_change_is_shown_whole(output: Path) -> None:
    write_archive(
        output,
        article(0, FIRST, body="word " * 100_000),
        article(1, FIRST, revision=3, changed=["body"], body="Third version."),
    )
    updated(output)
    assert len((output / "feeds" / "new.atom").read_bytes()) < 100_000
    (item,) = json_feed(output, "changed")["items"]
    assert "the version before it is missing in the files" in item["content_html"]
    assert "Third version." in item["content_html"]


def test_a_damaged_line_is_skipped_and_logged(archive: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = archive / "articles" / f"{run_id(FIRST)}.jsonl"
    path.write_bytes(path.read_bytes() + b'{"torn\n')
    updated(archive)
    assert "skipped 1 damaged lines" in caplog.text
    assert len(json_feed(archive, "new")["items"]) == 3


def test_a_failure_leaves_the_feeds_as_they_were_and_the_next_run_updates_them(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    updated(archive)
    before = {path: path.read_bytes() for path in (archive / "feeds").iterdir()}
    write_archive(archive, article(7, "2024-06-10T06:00:00Z"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="No space left on device"):
            updated(archive, "2024-06-10T06:00:00Z")
    assert {path: path.read_bytes() for path in before} == before
    updated(archive, "2024-06-10T06:00:00Z")
    assert len(json_feed(archive, "new")["items"]) == 4


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b""])
def test_a_damaged_database_is_built_again(archive: Path, damage: bytes) -> None:
    updated(archive)
    before = {path: path.read_bytes() for path in (archive / "feeds").iterdir()}
    (archive / NAME).write_bytes(damage)
    updated(archive)
    assert {path: path.read_bytes() for path in before} == before


def test_a_deleted_record_file_leaves_the_feeds(archive: Path) -> None:
    updated(archive)
    (archive / "removals" / f"{run_id(SECOND)}.jsonl").unlink()
    updated(archive)
    assert json_feed(archive, "removed")["items"] == []
    assert len(json_feed(archive, "new")["items"]) == 3


def test_a_deleted_feed_is_written_again(archive: Path) -> None:
    updated(archive)
    path = archive / "feeds" / "changed.atom"
    content = path.read_bytes()
    path.unlink()
    updated(archive)
    assert path.read_bytes() == content


def test_the_database_of_a_large_archive_keeps_only_the_newest_entries(output: Path) -> None:
    write_lines(output / "articles" / f"{run_id(FIRST)}.jsonl", (article(number, FIRST) for number in range(300)))
    updated(output, size=10)
    store = FeedStore(OutputFolder(output))
    try:
        assert [entry.article_id for entry in store.entries("new")] == [
            identity(number) for number in range(299, 289, -1)
        ]
    finally:
        store.close()
    with closing(sqlite3.connect(output / NAME)) as db:
        assert db.execute("SELECT count(*) FROM entries").fetchone() == (10,)
