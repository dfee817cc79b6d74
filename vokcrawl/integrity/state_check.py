"""Checks the values in a state file that no delivered record contains, and those that manifests contain.

The state was written by this program, so a value of another form means damage: a single bit that flipped in a page of
the file often passes SQLite's own check.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from itertools import islice
from typing import Any, NamedTuple

import orjson

from vokcrawl import __version__
from vokcrawl.integrity.archived_records import ArchivedRecords
from vokcrawl.integrity.consistency import is_misspelt
from vokcrawl.integrity.rebuild_state import REBUILT_AT
from vokcrawl.normalize import article_id, canonical_url, parse_utc, utc
from vokcrawl.pages.routes import route_from
from vokcrawl.policy.outcome import CRASHED
from vokcrawl.storage.manifest import ListingEntry, Manifest, parse_manifest
from vokcrawl.storage.manifest_chain import ChainNode
from vokcrawl.storage.output_folder import ARCHIVE, DATA_KINDS, PART, RUN_ID, OutputFolder
from vokcrawl.storage.state.rows import Status
from vokcrawl.storage.state.sqlite import SqliteState

_Check = Callable[[Any], bool]
_MANIFEST_KEYS = {field.alias or name for name, field in Manifest.model_fields.items()}
# Rows that are checked at a time.
_ROWS = 100


class _Form(NamedTuple):
    """The form of the values of a column.

    What matches `common` in the notation of Python is valid; a valid value need not match. It is empty if there is no
    such expression.
    """

    check: _Check
    common: str = ""

    def __call__(self, value: Any) -> bool:
        return self.check(value)


def _text(pattern: str) -> _Form:
    compiled = re.compile(pattern, re.ASCII)
    return _Form(lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None, f"'(?:{pattern})'")


def _optional(form: _Form) -> _Form:
    return _Form(lambda value: value is None or form.check(value), f"None|{form.common}" if form.common else "None")


def _number(least: int, most: int = 2**62) -> _Form:
    common = "|".join(map(str, range(least, most + 1))) if most < 10 else _digits(least, most)
    return _Form(lambda value: isinstance(value, int) and least <= value <= most, common)


def _digits(least: int, most: int) -> str:
    """An expression for numbers from 0 or 1 on with fewer digits than `most`."""
    positive = rf"[1-9]\d{{0,{len(str(most)) - 2}}}"
    return positive if least else f"0|{positive}"


def _is_printable(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and value.isprintable() and "\ufffd" not in value


def _is_id_list(value: Any) -> bool:
    try:
        return all(map(_ID.check, orjson.loads(value)))
    except (TypeError, ValueError):
        return False


def _is_route(value: Any) -> bool:
    try:
        route_from(value)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return True


def _is_http_date(value: Any) -> bool:
    """An HTTP date, or whatever else a server sent as one."""
    if not _is_printable(value):
        return False
    try:
        return format_datetime(parsedate_to_datetime(value), usegmt=True) == value or not value.endswith("GMT")
    except (ValueError, TypeError):
        return not value.endswith("GMT")


def _dated(pattern: str) -> _Form:
    """Text of this form that begins with a day of the calendar."""
    has_form = _text(pattern)

    def check(value: Any) -> bool:
        try:
            return has_form(value) and date.fromisoformat(value[:10]) is not None
        except ValueError:
            return False

    return _Form(check, f"'(?:{pattern.replace(_DATE, _COMMON_DATE)})'")


_DATE = r"\d{4}-\d\d-\d\d"
# A day that every year has.
_COMMON_DATE = (
    r"[1-9]\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|1\d|2[0-8]))"
)
# A server may send an entity tag without quotes.
_ETAG = _text(r'(W/)?"[!#-~]*"|[!#-~]+')
_ID = _text(r"\d+-\d+")
_URL = _text(r"https?://[!-~]+")
_SECOND = _DATE + r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_TIME = _dated(_SECOND + "Z")
# A WARC date may have fractions of a second.
_WARC_DATE = _dated(_SECOND + r"(\.\d{1,9})?Z")
_DAY = _dated(_DATE)
_HASH = _text(r"sha256:[0-9a-f]{64}")
_AGES = _text(r"(\d+(,\d+)*)?")
_FLAG = _number(0, 1)
_PRINTABLE = _Form(_is_printable, r"'[ -&(-\[\]-~]+'")
_NOTE = _Form(lambda value: value == "" or _is_printable(value), f"''|{_PRINTABLE.common}")
_HTTP_DATE = _Form(_is_http_date)
_ROUTE = _Form(_is_route)
_ID_LIST = _Form(_is_id_list)
_ONE_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A day before the end of the calendar.
_LATEST = datetime(9999, 12, 30, tzinfo=UTC)
_RUN = _text(RUN_ID.pattern)
_FILE = _text(rf"({'|'.join((*DATA_KINDS, 'archive'))})/\d{{8}}T\d{{6}}Z(-\d+)?(\.\d{{5}})?\.(jsonl|warc\.gz)")

# For each table the columns that name a row, and the form of each column.
_FORMS: dict[str, tuple[tuple[str, ...], dict[str, _Form]]] = {
    "articles": (
        ("id",),
        {
            "id": _ID,
            "url": _Form(lambda value: value == "" or _URL(value), f"''|{_URL.common}"),
            "status": _text("|".join(Status)),
            **dict.fromkeys(("content_hash", "title_hash", "body_hash"), _optional(_HASH)),
            "revision": _number(0, 100_000),
            "truncated": _FLAG,
            "source": _optional(_PRINTABLE),
            "published_on": _optional(_DAY),
            **dict.fromkeys(("first_seen_at", "checked_at", "next_check_at", "missing_since"), _optional(_TIME)),
            "etag": _optional(_ETAG),
            "last_modified": _optional(_HTTP_DATE),
            "missing_status": _Form(lambda value: value in (None, 404, 410), "None|404|410"),
            "extractor": _optional(_text(r"[a-z0-9./+_-]+")),
            "body_length": _optional(_number(0, 10**8)),
        },
    ),
    "entries": (("id",), {"id": _ID, "crawl": _optional(_number(1)), "delivered": _FLAG}),
    "files": (("path",), {"path": _FILE, "run_id": _RUN, "bytes": _number(0), "records": _number(0)}),
    "listing_crawls": (
        ("number",),
        {"number": _number(1), "listing": _URL, "run_id": _RUN, "complete": _FLAG, "covered_since": _optional(_DAY)},
    ),
    "listings": (
        ("url", "source"),
        {
            "url": _URL,
            "source": _PRINTABLE,
            "first_page_ids": _ID_LIST,
            "covered_since": _optional(_DAY),
            **dict.fromkeys(("completed_at", "rescanned_at"), _TIME),
            "etag": _optional(_ETAG),
            "last_modified": _optional(_HTTP_DATE),
        },
    ),
    "notes": (("name",), {"name": _PRINTABLE, "value": _NOTE}),
    "payloads": (
        ("digest",),
        {
            "digest": _text(r"sha(1:[A-Z2-7]{32}|256:[0-9a-f]{64})"),
            "url": _URL,
            "date": _WARC_DATE,
            "file": _FILE,
            "offset": _number(0),
        },
    ),
    "retries": (
        ("id",),
        {
            "id": _ID,
            "url": _URL,
            "reason": _text(r"[a-z0-9_]+"),
            "attempts": _number(1, 100_000),
            **dict.fromkeys(("first_failed_at", "next_attempt_at"), _TIME),
            "missing_since": _optional(_TIME),
        },
    ),
    "routes": (("start", "source"), {"start": _URL, "source": _PRINTABLE, "route": _ROUTE}),
    "runs": (
        ("run_id",),
        {
            "run_id": _RUN,
            "started_at": _TIME,
            "ended_at": _optional(_TIME),
            "outcome": _optional(_text(r"[a-z ]+")),
            "exit_code": _optional(_number(0, 255)),
            "manifest_sha256": _optional(_text(r"[0-9a-f]{64}")),
        },
    ),
}


def state_faults(
    state: SqliteState, folder: OutputFolder, nodes: Sequence[ChainNode], archived: ArchivedRecords
) -> Iterator[str]:
    """What is wrong in the tables of the state of a directory. `nodes` are its manifests, in the order of the chain.

    `archived` has the records of the archive files that were checked; the others are added to it.
    """
    damaged = False
    for table, (key, forms) in _FORMS.items():
        for fault in _table_faults(state, table, key, forms):
            damaged = True
            yield fault
    if not damaged:
        # Only values of the right form can be compared.
        yield from _references(state)
        yield from _runs(state, {node.run_id: node for node in nodes})
        yield from _listings(state, nodes)
        yield from _routes(state, nodes)
        yield from _notes(state)
        # The clock of a replay is that of the captures.
        if all(node.manifest.replay is None for node in nodes):
            runs = _RunTimes(state, nodes)
            yield from _times(state, runs)
            yield from _next_checks(state, nodes, runs)
        yield from _listing_crawls(state, nodes)
        yield from _retries(state, nodes)
        yield from _archived(state, folder, nodes, archived)


def _table_faults(state: SqliteState, table: str, key: tuple[str, ...], forms: Mapping[str, _Form]) -> Iterator[str]:
    if missing := forms.keys() - set(state.columns(table)):
        yield f"table {table}: the columns {', '.join(sorted(missing))} are missing"
        return
    are_common = _common_rows(tuple(forms.values()))
    rows = state.table_rows(table, tuple(forms))
    while some := list(islice(rows, _ROWS)):
        if are_common(some):
            continue
        for values in some:
            row = dict(zip(forms, values, strict=True))
            for column, check in forms.items():
                if not check(row[column]):
                    name = " ".join(str(row[each]) for each in key)
                    yield f"table {table}, {name[:100]!r}: {column} is damaged: {str(row[column])[:100]!r}"


def _common_rows(forms: Sequence[_Form]) -> Callable[[list[tuple[Any, ...]]], bool]:
    """Return a function that finds out with one expression whether rows are valid.

    It returns False for some valid rows, too: those must be checked value by value.
    """
    if not all(form.common for form in forms):
        return lambda _: False
    row = rf"\({', '.join(f'(?:{form.common})' for form in forms)}\)"
    several = re.compile(rf"\[(?:{row}(?:, |\]))+", re.ASCII)

    def are_common(rows: list[tuple[Any, ...]]) -> bool:
        # A text without a backslash has neither quotes in it nor characters that cannot be printed.
        text = repr(rows)
        return "\\" not in text and several.fullmatch(text) is not None

    return are_common


def _references(state: SqliteState) -> Iterator[str]:
    """Rows that refer to rows which do not exist."""
    crawls = {row["number"] for row in state.table("listing_crawls")}
    for row in state.table("entries", "id", "crawl"):
        if row["crawl"] is not None and row["crawl"] not in crawls:
            yield f"table entries, {row['id']!r}: crawl {row['crawl']} does not exist"
    runs = state.run_ids()
    for row in state.table("listing_crawls"):
        if row["run_id"] not in runs:
            yield f"table listing_crawls, {row['number']}: run {row['run_id']} does not exist"
    for table in ("articles", "retries"):
        for row in state.table(table, "id", "url"):
            if row["url"] and article_id(row["url"]) != row["id"]:
                yield f"table {table}, {row['id']!r}: url is that of another article: {row['url']!r}"
            elif row["url"] and canonical_url(row["url"]) != row["url"]:
                yield f"table {table}, {row['id']!r}: url is not canonical: {row['url']!r}"


def _runs(state: SqliteState, nodes: Mapping[str, ChainNode]) -> Iterator[str]:
    """Compares runs and files with the manifests."""
    for row in state.table("runs"):
        try:
            draft = parse_manifest(row["manifest_draft"], draft=True)
            if draft.version == __version__ and set(orjson.loads(row["manifest_draft"])) - _MANIFEST_KEYS:
                raise ValueError("it has unknown keys")
        except (ValueError, TypeError) as error:
            yield f"table runs, {row['run_id']!r}: manifest_draft is damaged: {error}"
            continue
        node = nodes.get(row["run_id"])
        manifest = node.manifest if node is not None else draft
        expected: dict[str, Any] = {"run_id": manifest.run_id, "started_at": manifest.started_at}
        if node is not None and row["ended_at"] is not None:
            expected |= {"outcome": manifest.outcome, "exit_code": manifest.exit_code, "manifest_sha256": node.sha256}
            if manifest.ended_at is not None:
                expected["ended_at"] = manifest.ended_at
        for column, value in expected.items():
            if column == "manifest_sha256" and row[column] != value and node is not None:
                yield f"table runs, {row['run_id']!r}: manifest_sha256 is not that of {node.path}; one was changed"
            elif row[column] != value:
                yield f"table runs, {row['run_id']!r}: {column} is {row[column]!r}, but its manifest has {value!r}"
        # Of a run that the state does not know to have ended, a rebuild that was killed leaves a manifest without them.
        is_rebuilt = row["ended_at"] is None and not (manifest.arguments or manifest.settings)
        if draft.to_draft() != manifest.to_draft() and not is_rebuilt:
            yield f"table runs, {row['run_id']!r}: manifest_draft is not the beginning of its manifest"
    entries = {entry.path: (run_id, entry) for run_id, node in nodes.items() for entry in node.manifest.files}
    for row in state.table("files"):
        run_id, entry = entries.get(row["path"], (None, None))
        if entry is not None and (row["run_id"], row["records"]) != (run_id, entry.records):
            yield f"table files, {row['path']!r}: run or number of records is not that of the manifest"


def _listings(state: SqliteState, nodes: Sequence[ChainNode]) -> Iterator[str]:
    """Compares listings with the last manifest that reports a complete crawl of each."""
    last: dict[tuple[str, str], tuple[str, ListingEntry]] = {}
    for node in nodes:
        if not node.manifest.arguments.get("until"):
            for entry in node.manifest.listings:
                if entry.complete:
                    last[entry.url, entry.source.casefold()] = node.manifest.started_at, entry
    for row in state.table("listings"):
        reported = last.get((row["url"], row["source"].casefold()))
        if reported is None:
            continue
        started_at, entry = reported
        ids = orjson.loads(row["first_page_ids"])
        if row["completed_at"] == started_at and entry.first_page_ids and ids != entry.first_page_ids:
            yield f"table listings, {row['url']!r}: first_page_ids are not those of the manifest"
        if row["completed_at"] == started_at and row["covered_since"] != entry.covered_since:
            yield f"table listings, {row['url']!r}: covered_since is not that of the manifest"


def _routes(state: SqliteState, nodes: Sequence[ChainNode]) -> Iterator[str]:
    """Compares routes with the manifests, which report each listing that a start page has led to.

    A crashed run reports no listings: then only a value that is nearly one of a manifest is damaged.
    """
    is_crashed = _has_crashed(state, nodes)
    reported: dict[tuple[str, str], set[str]] = {}
    # Manifests of the first releases do not say where a listing was found.
    found_anywhere: set[str] = set()
    for entry in (entry for node in nodes for entry in node.manifest.listings):
        if entry.discovered_from is not None:
            reported.setdefault((entry.discovered_from, entry.source.casefold()), set()).add(entry.url)
        else:
            found_anywhere.add(entry.url)
    for row in state.table("routes"):
        url = route_from(row["route"]).url
        urls = reported.get((row["start"], row["source"].casefold()))
        if url in found_anywhere:
            continue
        if is_crashed:
            starts = {start for start, source in reported if source == row["source"].casefold()}
            for value, known in ((row["start"], starts), (url, urls or found_anywhere)):
                if value not in known and any(is_misspelt(value, each) for each in known):
                    yield f"table routes, {row['start']!r}: {value!r} is damaged; no manifest has it"
        elif urls is None:
            yield f"table routes, {row['start']!r}: no manifest reports a listing that was found from there"
        elif url not in urls:
            yield f"table routes, {row['start']!r}: the route to {url!r} is in no manifest"


def _notes(state: SqliteState) -> Iterator[str]:
    """Checks the form of notes, and that the last crawl began when one of the runs did."""
    starts = _starts(state)
    for row in state.table("notes"):
        name, value = row["name"], row["value"]
        if name == "last_started":
            if value not in starts:
                yield f"table notes, {name!r}: {value[:100]!r} is not the start of a run"
        elif name == REBUILT_AT:
            if not _TIME(value):
                yield f"table notes, {name!r}: {value[:100]!r} is not a time"
        elif name == "recheck_days":
            if not _AGES(value):
                yield f"table notes, {name!r}: {value[:100]!r} is not a list of days"
        elif name == "redirected_home":
            if not all(_ID(word) or word == "others-read" for word in value.split()):
                yield f"table notes, {name!r}: {value[:100]!r} is not a list of articles"
        elif ":" in name and value and not _stored_object(value):
            yield f"table notes, {name[:100]!r}: its value is damaged: {value[:100]!r}"


def _stored_object(value: str) -> bool:
    """Whether a note is the position of a listing crawl or of a slice: JSON with a route, which may be empty."""
    try:
        values = orjson.loads(value)
        return isinstance(values, dict) and (values["route"] == "" or _is_route(values["route"]))
    except (ValueError, KeyError):
        return False


# Times in the state that a run noted by its clock.
_NOTED = {
    "articles": ("id", ("checked_at", "missing_since")),
    "listings": ("url", ("completed_at", "rescanned_at")),
}


def _times(state: SqliteState, runs: _RunTimes) -> Iterator[str]:
    """Compares the times that runs noted with when the runs were."""
    for table, (key, columns) in _NOTED.items():
        for row in state.table(table, key, *columns):
            for column in columns:
                if row[column] is not None and row[column] not in runs:
                    yield f"table {table}, {row[key]!r}: {column} {row[column]!r} is in no run"


class _RunTimes:
    """The times at which there was a run, and a day before and after, because the clock may have been set in a run."""

    def __init__(self, state: SqliteState, nodes: Sequence[ChainNode]) -> None:
        known = {row["run_id"]: (row["started_at"], row["ended_at"]) for row in state.table("runs")}
        # The row of a crashed run has the time of its recovery.
        known |= {node.run_id: (node.manifest.started_at, node.manifest.ended_at) for node in nodes}
        spans = [known.pop(node.run_id) for node in nodes] + list(known.values())
        # One without an end had ended when the next one began.
        following = [*(started for started, _ in spans[1:]), None]
        moments = [(started, ended or later) for (started, ended), later in zip(spans, following, strict=False)]
        self._starts: list[str] = []
        self._ends: list[str] = []
        for first, last in sorted(_with_a_day(*each) for each in moments):
            if self._ends and first <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], last)
            else:
                self._starts.append(first)
                self._ends.append(last)

    def __contains__(self, moment: str) -> bool:
        at = bisect_right(self._starts, moment) - 1
        return at >= 0 and moment <= self._ends[at]


def _with_a_day(started: str, ended: str | None) -> tuple[str, str]:
    """The time of a run, and a day before and after it. Where the clock was set back, its end is not known."""
    first, last = parse_utc(started), parse_utc(ended) if ended is not None else _LATEST
    if last < first:
        first, last = last, _LATEST
    return utc(first - _ONE_DAY), utc(min(last, _LATEST) + _ONE_DAY)


def _next_checks(state: SqliteState, nodes: Sequence[ChainNode], runs: _RunTimes) -> Iterator[str]:
    """Compares when articles are checked next with what `policy.revisit` derives from their other times."""
    ages = {str(node.manifest.settings.get("VOK_RECHECK_DAYS", "")) for node in nodes}
    ages.add(state.note("recheck_days") or "0")
    # Checked in every run: the time is that of a request, which is not in the files.
    in_every_run = any("0" in value.split(",") for value in ages)
    # Where the clock was changed, a check is counted from the start of a run, or from when the state was rebuilt.
    rebuilt = state.note(REBUILT_AT)
    counted_from = _starts(state) | ({rebuilt} if rebuilt is not None and _TIME(rebuilt) else set())
    clocks = {moment % _ONE_DAY for moment in map(_since_epoch, counted_from)}
    for row in state.table("articles", "id", "next_check_at", "first_seen_at", "checked_at", "missing_since"):
        due, first, checked = row["next_check_at"], row["first_seen_at"], row["checked_at"]
        if due is None or first is None or checked is None or checked < first or (in_every_run and due in runs):
            continue
        # The ages count from when an article was first seen, the second check of a missing one from its last check.
        origins = (first, checked) if row["missing_since"] is not None else (first,)
        at = _since_epoch(due) % _ONE_DAY
        if at not in clocks and not any(at == _since_epoch(each) % _ONE_DAY and due >= each for each in origins):
            yield f"table articles, {row['id']!r}: next_check_at {due!r} does not follow from {origins[-1]!r}"


def _starts(state: SqliteState) -> set[str]:
    return {row["started_at"] for row in state.table("runs")}


def _since_epoch(moment: str) -> timedelta:
    return parse_utc(moment) - _EPOCH


def _has_crashed(state: SqliteState, nodes: Sequence[ChainNode]) -> bool:
    """Whether a run has crashed: its manifest reports no listings."""
    return bool(state.unfinished_runs()) or any(node.manifest.outcome == CRASHED for node in nodes)


def _listing_crawls(state: SqliteState, nodes: Sequence[ChainNode]) -> Iterator[str]:
    """Compares crawls of listings with what the manifests of their runs report. A later run may continue a crawl."""
    is_crashed = _has_crashed(state, nodes)
    began = {node.run_id: {entry.url: entry for entry in node.manifest.listings} for node in nodes}
    known = {url for entries in began.values() for url in entries}
    bounds: dict[str, set[str | None]] = {}
    for entry in (entry for node in nodes for entry in node.manifest.listings if entry.complete):
        bounds.setdefault(entry.url, set()).add(entry.covered_since)
    for row in state.table("listing_crawls"):
        # A crashed run reports no listings, not even one that it had crawled completely.
        reported = began.get(row["run_id"])
        listing = row["listing"]
        if listing not in known and any(is_misspelt(listing, each) for each in known):
            yield f"table listing_crawls, {row['number']}: listing {listing!r} is damaged; no manifest has it"
        elif reported and listing not in reported:
            yield f"table listing_crawls, {row['number']}: run {row['run_id']} reports no listing {row['listing']!r}"
        elif not row["complete"] and row["covered_since"] is not None:
            yield f"table listing_crawls, {row['number']}: covered_since of a crawl that is not complete"
        elif row["complete"] and row["covered_since"] not in bounds.get(row["listing"], ()) and not is_crashed:
            yield f"table listing_crawls, {row['number']}: no manifest reports this crawl as complete"


def _retries(state: SqliteState, nodes: Sequence[ChainNode]) -> Iterator[str]:
    """Compares the retry queue with the last manifest, unless a run has changed it since and crashed."""
    if not nodes or state.unfinished_runs():
        return
    manifest = nodes[-1].manifest
    rows = {row["id"]: row for row in state.table("retries")}
    for retry in manifest.pending_retries:
        row = rows.pop(retry.id, None)
        if row is None:
            if not state.articles([retry.id]):
                yield f"table retries, {retry.id!r}: the article is missing; the last manifest lists it"
            continue
        for column, value in dict(retry).items():
            # Manifests of the first releases have no `first_failed_at`.
            if row[column] != value and value is not None:
                yield f"table retries, {retry.id!r}: {column} is {row[column]!r}, but the last manifest has {value!r}"
    if manifest.retries <= len(manifest.pending_retries):
        # A repair adds articles of which only the teaser is left.
        for identity in (identity for identity, row in rows.items() if row["reason"] != "lost"):
            yield f"table retries, {identity!r}: the last manifest does not list the article"


def _archived(
    state: SqliteState, folder: OutputFolder, nodes: Sequence[ChainNode], archived: ArchivedRecords
) -> Iterator[str]:
    """Compares payloads, ETags and dates of modification with the archived responses that they are from."""
    for name in _archive_names(folder):
        if name not in archived.files:
            archived.add_file(folder, name)
    for row in state.table("payloads"):
        record = archived.get(row["file"], row["offset"])
        if record is None or record.kind != "response":
            yield f"table payloads, {row['digest']!r}: {row['file']} has no response at {row['offset']}"
        elif (row["digest"], row["url"], row["date"]) != (record.digest, record.url, record.date):
            yield f"table payloads, {row['digest']!r}: it is not the record in {row['file']} at {row['offset']}"
    if all(map(_is_archived, nodes)):
        yield from _validator_faults(state, archived)


def _archive_names(folder: OutputFolder) -> Iterator[str]:
    for path in folder.archive_files():
        yield f"{ARCHIVE}/{path.name}"
    for path in folder.parts():
        if path.parent.name == ARCHIVE:
            yield f"{ARCHIVE}/{path.name.removesuffix(PART)}"


def _is_archived(node: ChainNode) -> bool:
    """Whether the archive has what the site sent in this run. A crashed run does not report its requests."""
    manifest = node.manifest
    return manifest.requests == 0 or any(entry.path.startswith(f"{ARCHIVE}/") for entry in manifest.files)


def _validator_faults(state: SqliteState, archived: ArchivedRecords) -> Iterator[str]:
    """Values in the state that no archived response of the same page has."""
    for table, key in (("articles", "id"), ("listings", "url")):
        for row in state.table(table, key, "etag", "last_modified"):
            given = {column: row[column] for column in ("etag", "last_modified") if row[column] is not None}
            found = archived.validators(row[key]) if given else set()
            for column, value in given.items():
                if found and value not in found:
                    yield f"table {table}, {row[key]!r}: {column} {value!r} is in no archived response"
