"""Writes output directories from invented records, much faster than crawls would."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import zstandard

from vokcrawl.exports.export import Export, ExportResult
from vokcrawl.exports.selection import Selection
from vokcrawl.items import ARTICLE, REMOVAL, TEASER, validated
from vokcrawl.normalize import content_hash, utc
from vokcrawl.storage.output_folder import OutputFolder

Record = dict[str, Any]
SITE = "https://site.test"
# A title that a spreadsheet, a terminal or a browser would take for more than text.
HOSTILE = '=HYPERLINK("http://evil.test","x") \u202egnp.exe <script>\u0085'
FIRST_TS = 1_700_000_000
# Made-up words, so many that unrelated texts have little in common, as in life.
_SYLLABLES = [one + other for one in "bcdfghjklmnprstvwz" for other in "aeiou"]


def identity(number: int) -> str:
    return f"{FIRST_TS + number}-{1000 + number}"


def words(seed: object, count: int) -> str:
    rng = random.Random(str(seed))
    return " ".join("".join(rng.choices(_SYLLABLES, k=rng.randrange(2, 5))) for _ in range(count))


def article(number: int, moment: str, **fields: Any) -> Record:
    """An article's record, fetched at `moment`; its text is a function of `number` unless `fields` says otherwise."""
    record = {
        "schema": ARTICLE,
        "id": identity(number),
        "url": f"{SITE}/newstream/{identity(number)}/slug/",
        "title": f"Title {number}",
        "body": f"{words(number, 60)}.\n\n{words(-number, 60)}.",
        "published_on": utc(datetime.fromtimestamp(FIRST_TS + number, UTC))[:10],
        "source": "Voice of Korea (EN)",
        "language": "en",
        "first_seen_at": moment,
        "fetched_at": moment,
        "run_id": run_id(moment),
        "extractor": "x/1",
        **fields,
    }
    return validated({"content_hash": content_hash(record["title"], record["body"]), **record})


def teaser(number: int, moment: str, **fields: Any) -> Record:
    record = {
        "schema": TEASER,
        "id": identity(number),
        "url": f"{SITE}/newstream/{identity(number)}/slug/",
        "title": f"Title {number}",
        "published_on": utc(datetime.fromtimestamp(FIRST_TS + number, UTC))[:10],
        "found_on": f"{SITE}/newstream/",
        "position": number + 1,
        "first_seen_at": moment,
        "run_id": run_id(moment),
        **fields,
    }
    return validated(record)


def removal(number: int, moment: str, **fields: Any) -> Record:
    record = {
        "schema": REMOVAL,
        "id": identity(number),
        "url": f"{SITE}/newstream/{identity(number)}/slug/",
        "status": 404,
        "first_missing_at": utc(datetime.fromisoformat(moment) - timedelta(days=2)),
        "confirmed_at": moment,
        "last_hash": "sha256:" + hashlib.sha256(b"").hexdigest(),
        "run_id": run_id(moment),
        **fields,
    }
    return validated(record)


def run_id(moment: str) -> str:
    return moment.replace("-", "").replace(":", "")


def write_archive(output: Path, *records: Record) -> Path:
    """An output directory with the files of these records, by run; records of a run in the given order."""
    kinds = {ARTICLE: "articles", TEASER: "teasers", REMOVAL: "removals"}
    files: dict[str, list[Record]] = {}
    for record in records:
        files.setdefault(f"{kinds[record['schema']]}/{record['run_id']}.jsonl", []).append(record)
    for name, lines in files.items():
        write_lines(output / name, lines)
    return output


def write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(orjson.dumps(record) + b"\n" for record in records)


def exported(output: Path, to: Path, **options: Any) -> ExportResult:
    """Exports in this process; takes the options of `Selection` and `Export` by name."""
    chosen = {name: options.pop(name) for name in ("what", "since", "until", "as_of") if name in options}
    return Export(str(to), Selection(**chosen), **options).write(OutputFolder(output))


def rows_of(path: Path) -> list[Record]:
    """The rows of a `.jsonl.zst` file."""
    with zstandard.open(path, "rb") as file:
        return [json.loads(line) for line in file.read().split(b"\n")[:-1]]


def exported_records(output: Path, to: Path, **options: Any) -> list[Record]:
    """The rows of an export."""
    target = to / "exported.jsonl.zst"
    exported(output, target, overwrite=True, **options)
    return rows_of(target)
