"""Output folders of any size and content, written record by record: what no sample site would show in a minute."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from vokcrawl.integrity.rebuild_state import rebuild_state
from vokcrawl.items import ARTICLE, REMOVAL
from vokcrawl.normalize import content_hash, utc
from vokcrawl.policy.outcome import WORDS
from vokcrawl.runs.field_coverage import Coverage
from vokcrawl.storage.manifest import Manifest, parse_manifest, write_manifest
from vokcrawl.storage.output_folder import OutputFolder, digest

Record = dict[str, Any]

T0 = datetime(2024, 1, 1, 6, tzinfo=UTC)
_WORDS = [
    *("city", "people", "work", "field", "project", "day", "evening", "mountain", "river", "school", "children"),
    *("the", "of", "and", "to", "in", "for", "on", "that", "with", "said", "held", "new", "great", "visited"),
    *("music", "report", "workers", "factory", "season", "harvest", "spring", "garden", "train", "library"),
]


class Archive:
    """A folder that grows run by run. Nothing in it is half: `finish` makes its state from its files."""

    def __init__(self, path: Path) -> None:
        self.folder = OutputFolder(path)
        self.articles = 0
        self._previous: dict[str, str] | None = None

    def run(
        self, at: datetime, articles: Iterable[Record] = (), removals: Iterable[Record] = (), **fields: Any
    ) -> Record:
        """Writes the files and the manifest of a run and returns the manifest; `fields` are added to it."""
        run_id = at.strftime("%Y%m%dT%H%M%SZ")
        coverage, counts, files = Coverage(), Counter[str](), []
        for kind, records in (("articles", articles), ("removals", removals)):
            lines = []
            for record in records:
                lines.append(orjson.dumps({**record, "run_id": run_id}) + b"\n")
                coverage.add(kind, record)
            if lines:
                path = self.folder.path / kind / f"{run_id}.jsonl"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"".join(lines))
                number, size, sha256 = digest(path)
                counts[kind] = number
                files.append({"path": f"{kind}/{run_id}.jsonl", "records": number, "bytes": size, "sha256": sha256})
        self.articles += counts["articles"]
        manifest: Record = {
            **Manifest.draft(run_id, "vok", utc(at), {}, None).model_dump(by_alias=True),
            "ended_at": utc(at + timedelta(seconds=40 + 5 * counts["articles"])),
            "outcome": "done" if counts else "nothing new",
            "exit_code": 0,
            "counts": dict(counts),
            "requests": 2 + counts["articles"],
            "pages": {"read": 2 + counts["articles"], "failed": 0, "articles": counts["articles"], "truncated": 0},
            "files": files,
            "coverage": coverage.to_dict(),
            "previous_manifest": self._previous,
            **fields,
        }
        self._previous = {
            "run_id": run_id,
            "sha256": write_manifest(self.folder, parse_manifest(orjson.dumps(manifest))),
        }
        return manifest

    def finish(self) -> Path:
        """Makes the state, and gives the folder."""
        self.folder.take("a test")
        try:
            rebuild_state(self.folder, (1, 3, 7)).close()
        finally:
            self.folder.release()
        return self.folder.path


def article(number: int, at: datetime, **fields: Any) -> Record:
    """A valid article; its hashes fit its text."""
    identity = f"{int(at.timestamp())}-{number}"
    record: Record = {
        "schema": ARTICLE,
        "id": identity,
        "url": f"https://site.example/newstream/{identity}/a-story/",
        "title": f"Story {number}",
        "body": f"The first paragraph of story {number}.\n\nThe second one.",
        "published_on": at.date().isoformat(),
        "ingested_at": utc(at),
        "source": "Voice of Korea (EN)",
        "language": "en",
        "original_url": None,
        "story": None,
        "images": [],
        "truncated": False,
        "revision": 1,
        "previous_hash": None,
        "changed": [],
        "first_seen_at": utc(at),
        "fetched_at": utc(at),
        "extractor": "article/1",
        "archived_as": None,
        **fields,
    }
    return {**record, "content_hash": content_hash(record["title"], record["body"])}


def revised(record: Record, at: datetime, **changed: Any) -> Record:
    """The next version of an article."""
    later = {**record, **changed, "fetched_at": utc(at), "revision": record["revision"] + 1}
    later |= {"previous_hash": record["content_hash"], "changed": [name for name in changed if name != "images"]}
    return {**later, "content_hash": content_hash(later["title"], later["body"])}


def removal(record: Record, at: datetime) -> Record:
    return {
        "schema": REMOVAL,
        "id": record["id"],
        "url": record["url"],
        "status": 404,
        "first_missing_at": utc(at - timedelta(days=1)),
        "confirmed_at": utc(at),
        "last_hash": record["content_hash"],
    }


def retry_entry(number: int, at: datetime, **fields: Any) -> Record:
    identity = f"{int(at.timestamp())}-{number}"
    return {
        "id": identity,
        "url": f"https://site.example/newstream/{identity}/pending/",
        "reason": "http_503",
        "attempts": 3,
        "first_failed_at": utc(at),
        "next_attempt_at": utc(at + timedelta(hours=6)),
        "missing_since": None,
        **fields,
    }


def incomplete(reasons: dict[str, int]) -> Record:
    """Fields of the manifest of a run in which some pages failed."""
    errors = {reason: {"count": times, "examples": []} for reason, times in reasons.items()}
    return {"outcome": WORDS[10], "exit_code": 10, "errors": errors}


def large(path: Path, articles: int, runs: int) -> Path:
    """An archive of years, with articles of an ordinary length, some gaps, some bad runs, revisions and removals."""
    chance = random.Random(7)
    archive = Archive(path)
    every = timedelta(hours=54)
    number = 0
    known: list[Record] = []
    for place in range(runs):
        at = T0 - timedelta(days=365 * 6) + every * place
        # The site is silent now and then.
        silent = place % 97 in (40, 41, 42) or place % 31 == 5
        fresh = []
        for _ in range(0 if silent else -(-(articles - number) // max(1, (runs - place) * 9 // 10))):
            number += 1
            body = "\n\n".join(" ".join(chance.choices(_WORDS, k=60)) for _ in range(chance.randrange(3, 6)))
            shown = (at - timedelta(days=chance.randrange(3))).date().isoformat()
            fields = {"images": [{"url": "https://site.example/a.jpg", "caption": None}]} if number % 3 == 0 else {}
            title = " ".join(chance.choices(_WORDS, k=9)).capitalize()
            fresh.append(article(number, at, title=title, body=body, published_on=shown, **fields))
        later = []
        if place % 10 == 3 and known:
            old = known.pop(0)
            words = old["body"].split(" ")
            words[20:24] = ["a", "later", "count", "says"]
            later.append(revised(old, at, body=" ".join(words)))
        gone = [removal(known.pop(0), at)] if place % 40 == 7 and known else []
        known = (known + fresh[:2])[-20:]
        bad = incomplete({"article_http_503": 3, "article_truncated": 1}) if place % 25 == 11 else {}
        archive.run(at, [*fresh, *later], gone, **bad)
    assert number == articles
    return archive.finish()
