"""The manifest of a run: one model, and the only functions that build, write and read it.

A manifest is the JSON file `runs/<run_id>.json`; docs/records.md describes its keys. It holds the SHA-256 of the
previous manifest, so the whole output directory can be verified as a chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import ConfigDict, Field, StringConstraints, ValidationError
from scrapy.settings import BaseSettings

from vokcrawl import __version__
from vokcrawl.config.redacted import changed_settings
from vokcrawl.errors import StorageError
from vokcrawl.items import Day, Moment, RunId, breaches
from vokcrawl.normalize import ingested_at
from vokcrawl.policy.outcome import CRASHED
from vokcrawl.storage.manifest_v1 import SCHEMA_V1, SCHEMAS_V1, upgrade_manifest
from vokcrawl.storage.output_folder import DATA_KINDS, OutputFolder, translate_os_errors, write_whole
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import FileRow
from vokcrawl.utils.lazy_model import LazyModel
from vokcrawl.utils.program import PROGRAM

SCHEMA = "vokcrawl.run/2"
# Articles of the retry queue that a manifest lists; it may hold thousands, and every run writes a manifest.
MAX_RETRIES = 100
# Characters of a message about a manifest with many errors.
_LONGEST_MESSAGE = 1000

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
# A file of the output directory: a folder of this project, and a plain name in it.
FilePath = Annotated[str, StringConstraints(pattern=r"^(articles|teasers|removals|rejected|archive)/[^/\\\x00]+$")]
Scalar = str | bool | int | float | None
# Larger numbers fit into no state.
Count = Annotated[int, Field(ge=0, lt=2**63)]


class _Part(LazyModel):
    """Base of the manifest and its parts: types are not converted, keys that a later release added are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class PageCounts(_Part):
    """Pages of the run."""

    read: Count = Field(description="Pages that were read.")
    failed: Count = Field(description="Pages that failed after all retries.")
    articles: Count = Field(description="Pages read that are articles.")
    truncated: Count = Field(description="Article pages whose text the site truncated.")


EstimateSource = Literal["last page number", "date of since"]
BY_LAST_PAGE: Final = "last page number"
BY_SINCE: Final = "date of since"


class Backfill(_Part):
    """How far the crawl of a listing has come that the next run continues."""

    pages: Count = Field(description="Pages of the listing that are read and resolved.")
    entries: Count = Field(description="Entries on these pages.")
    began_at: Moment = Field(description="When the first run of this crawl began.")
    entries_left: Count | None = Field(description="Estimated number of entries that are left; null if unknown.")
    estimated_from: EstimateSource | None = Field(
        description="What the estimate is based on: the number of the last page, or the dates back to `since`."
    )
    done_at: Moment | None = Field(
        description="Estimated time when the crawl is complete, at the pace of the runs so far; null if unknown, as in "
        "the first run."
    )


class ListingEntry(_Part):
    """One listing that the run crawled."""

    url: str = Field(description="First page of the listing.")
    source: str = Field(description="The source that was looked for (`VOK_SOURCE`).")
    found_by: str = Field(description="How the listing was found, for example `start page` or `stored route`.")
    discovered_from: str | None = Field(description="The start page that led to it; null for a start page itself.")
    strategy: str | None = Field(
        description="How pagination was followed: `link`, `ajax`, `search`, `sitemap`, `browser`; null if it was not."
    )
    pages: Count = Field(description="Pages of the listing that were read.")
    entries: Count = Field(description="Distinct entries on these pages.")
    new: Count = Field(description="Entries of the source that no complete crawl had covered.")
    newest: Day | None = Field(description="Newest day shown.")
    oldest: Day | None = Field(description="Oldest day shown.")
    rescan: bool = Field(description="Whether this was a rescan: known pages are read again (`VOK_RESCAN_HOURS`).")
    complete: bool = Field(description="Whether the crawl of the listing is complete.")
    stop_reason: str | None = Field(description="Why pagination stopped.")
    covered_since: Day | None = Field(
        description="With `complete`: the day back to which the listing is covered; null for the whole listing."
    )
    first_page_ids: list[str] = Field(description="Ids on the first page, in order.")
    backfill: Backfill | None = Field(
        description="How far the crawl has come that the next run continues; null if it does not continue."
    )
    found_late: Count = Field(
        description="New entries in the old part of the listing, which is read again a few pages a day."
    )


class DiscoveryAttempt(_Part):
    """A discovery strategy that failed."""

    start: str = Field(description="The start page.")
    strategy: str = Field(description="The strategy that failed: `listing`, `link`, `ajax`, `search`, `sitemap`, …")
    reason: str = Field(description="Why it failed; the reasons are those of `errors`.")


class FileEntry(_Part):
    """A file that the run wrote."""

    path: FilePath = Field(description="Path relative to the output directory.")
    records: Count = Field(description="Number of records in it.")
    bytes: Count = Field(description="Size in bytes.")
    sha256: Sha256 = Field(description="SHA-256 of the file.")

    @classmethod
    def of(cls, row: FileRow, sha256: str) -> FileEntry:
        """The entry of a file whose length the state knows."""
        return cls(path=row.path, records=row.records, bytes=row.bytes, sha256=sha256)


class ErrorCount(_Part):
    """Errors with the same reason."""

    count: Count = Field(description="How often it occurred.")
    examples: list[str] = Field(description="Up to five URLs.")


class PendingRetry(_Part):
    """An article in the retry queue at the end of the run."""

    id: str = Field(description="Id of the article.")
    url: str = Field(description="Its URL.")
    reason: str = Field(description="Why the last request failed.")
    attempts: Count = Field(description="Number of failed attempts.")
    first_failed_at: Moment | None = Field(
        description="When it failed first (UTC); null in manifests of the first releases."
    )
    next_attempt_at: Moment = Field(description="When it is requested again (UTC).")
    missing_since: Moment | None = Field(description="When it was first answered with 404 or 410 (UTC).")


class RetryQueue(_Part):
    """The size of the retry queue at the end of the run, and how the run changed it."""

    size: Count = Field(description="Number of articles in it.")
    added: int | None = Field(description="Number of articles that the run added; null for a crashed run.")
    resolved: int | None = Field(
        description="Number of articles that left it: delivered, removed, or of another source; null for a crashed run."
    )
    added_ids: list[str] = Field(description="Ids of the added articles, at most 100.")
    resolved_ids: list[str] = Field(description="Ids of the articles that left it, at most 100.")

    @classmethod
    def of(cls, ids: Sequence[str], before: Set[str] | None) -> RetryQueue:
        """The queue with these articles. `before` are those at the start of the run, None if unknown."""
        if before is None:
            return cls(size=len(ids), added=None, resolved=None, added_ids=[], resolved_ids=[])
        added, resolved = sorted(set(ids) - before), sorted(before - set(ids))
        return cls(
            size=len(ids),
            added=len(added),
            resolved=len(resolved),
            added_ids=added[:MAX_RETRIES],
            resolved_ids=resolved[:MAX_RETRIES],
        )

    def carried_over(self) -> RetryQueue:
        """The same queue in the manifest of a run that did not report its changes."""
        return type(self)(size=self.size, added=None, resolved=None, added_ids=[], resolved_ids=[])


class PreviousManifest(_Part):
    """Reference to the manifest before this one."""

    run_id: RunId = Field(description="Its run.")
    sha256: Sha256 = Field(description="SHA-256 of its file.")


class ReplayedFile(_Part):
    """An archive file that was replayed."""

    file: str = Field(description="Its name.")
    bytes: Count = Field(description="Its size in bytes.")


class ReplaySummary(_Part):
    """What `scrapy replay` read for this run."""

    at: Moment = Field(description="When the replay ran (UTC); `started_at` is the time of the original run.")
    files: list[ReplayedFile] = Field(description="The archive files.")
    answers: dict[str, int] = Field(description="Number of archived responses by kind.")
    skipped: dict[str, int] = Field(
        description="Number of archived records that are no responses of the site, by host."
    )
    faults: list[str] = Field(description="Records that could not be read; the first 100.")
    fault_count: Count = Field(description="Number of records that could not be read.")


class Manifest(_Part):
    """The manifest of one run.

    The defaults are those of a crashed run, so the draft that is stored when a run begins is already a valid manifest.
    """

    schema_: Literal["vokcrawl.run/2"] = Field(
        default="vokcrawl.run/2", alias="schema", description="Name and version of this form."
    )
    run_id: RunId = Field(description="The run.")
    spider: str = Field(description="`vok` for a crawl, `replay` for a replay.")
    version: str = Field(description="Version of vokcrawl.")
    arguments: dict[str, Scalar] = Field(description="Spider arguments that were given.")
    settings: dict[str, Scalar] = Field(
        description="Settings that differ from the defaults, without secrets. "
        "`VOK_SITE_PROFILE_SHA256` is the SHA-256 of each profile in `VOK_SITE_PROFILE`."
    )
    started_at: Moment = Field(description="Start of the run (UTC).")
    ended_at: Moment | None = Field(default=None, description="End of the run (UTC); null where it is unknown.")
    outcome: str = Field(
        default=CRASHED, description="Outcome of the run; `crashed` where a later run had to finish it."
    )
    exit_code: Annotated[int, Field(ge=0, le=255)] | None = Field(
        default=None, description="Exit code; null for a crashed run."
    )
    leader_run_id: RunId | None = Field(
        default=None,
        description="For one of several workers: the run of the worker that leads the crawl; otherwise null.",
    )
    counts: dict[str, int] = Field(default={}, description="Number of delivered records by kind.")
    requests: int | None = Field(
        default=None, description="Requests sent, retries and robots.txt included; null for a crashed run."
    )
    pages: PageCounts | None = Field(default=None, description="Pages by result; null for a crashed run.")
    listings: list[ListingEntry] = Field(default=[], description="The listings that were crawled, and how far.")
    discovery_attempts: list[DiscoveryAttempt] = Field(
        default=[], description="Discovery strategies that failed, in order."
    )
    found_late: list[str] = Field(default=[], description="Ids of articles that earlier complete crawls had missed.")
    files: list[FileEntry] = Field(default=[], description="Files that the run wrote.")
    coverage: dict[str, dict[str, float]] = Field(default={}, description="Share of records with each field, by kind.")
    extractors_used: dict[str, dict[str, int]] = Field(default={}, description="How often each extractor succeeded.")
    errors: dict[str, ErrorCount] = Field(default={}, description="Errors by reason.")
    other_sources: list[str] = Field(default=[], description="Ids of articles that turned out to be of another source.")
    newest_article: Moment | None = Field(
        default=None, description="When the site took in the newest delivered article (UTC)."
    )
    pending_retries: list[PendingRetry] = Field(
        default=[], description="The articles that have been in the retry queue longest, at most 100."
    )
    retry_queue: RetryQueue | None = Field(
        default=None, description="Size and changes of the retry queue; null in manifests of version 1."
    )
    replay: ReplaySummary | None = Field(default=None, description="For a replay: what was read; otherwise null.")
    previous_manifest: PreviousManifest | None = Field(
        default=None, description="The previous manifest; null for the first."
    )

    @classmethod
    def draft(
        cls, run_id: str, spider: str, started_at: str, arguments: Mapping[str, Any], settings: BaseSettings | None
    ) -> Manifest:
        """The manifest of a run that begins now. `settings` is None where they are unknown."""
        return cls(
            run_id=run_id,
            spider=spider,
            version=__version__,
            arguments={name: value for name, value in arguments.items() if value not in (None, False)},
            settings=changed_settings(settings) if settings is not None else {},
            started_at=started_at,
        )

    def to_draft(self) -> Manifest:
        """Only what was known at the start of the run."""
        known = ("run_id", "spider", "version", "arguments", "settings", "started_at")
        return type(self).model_validate({name: getattr(self, name) for name in known})

    def completed(self, **results: Any) -> Manifest:
        """A copy with the results of the run, validated."""
        return type(self).model_validate({**dict(self), "schema": SCHEMA, **results})

    def completed_from(self, state: State, retries_before: Set[str] | None, **results: Any) -> Manifest:
        """The same, with what the state knows: the retry queue, the newest article, the previous manifest.

        `retries_before` are the ids in the retry queue when the run began, None if unknown.
        """
        previous = state.last_manifest()
        retries = state.pending_retries()
        return self.completed(
            newest_article=ingested_at(state.newest() or ""),
            pending_retries=[PendingRetry(**asdict(row)) for row in retries[:MAX_RETRIES]],
            retry_queue=RetryQueue.of([row.id for row in retries], retries_before),
            previous_manifest=PreviousManifest(run_id=previous[0], sha256=previous[1]) if previous else None,
            **results,
        )

    @property
    def retries(self) -> int:
        """Number of articles in the retry queue at the end of the run."""
        return self.retry_queue.size if self.retry_queue is not None else len(self.pending_retries)

    def to_json(self) -> str:
        """The manifest as JSON, on one line."""
        return self.model_dump_json(by_alias=True)


def record_counts(files: Iterable[FileEntry]) -> dict[str, int]:
    """Number of records by kind, as the files of a run have them; for a run that could not count."""
    kinds = ((each.path.partition("/")[0], each.records) for each in files)
    return {kind: records for kind, records in kinds if kind in DATA_KINDS}


def write_manifest(folder: OutputFolder, manifest: Manifest) -> str:
    """Writes a manifest atomically and returns its SHA-256. Raises `StorageError`."""
    content = orjson.dumps(manifest.model_dump(by_alias=True), option=orjson.OPT_INDENT_2) + b"\n"
    write_whole(folder.manifest(manifest.run_id), content)
    return hashlib.sha256(content).hexdigest()


def read_manifest(path: Path) -> tuple[Manifest, str]:
    """A manifest and its SHA-256; one of an older version is upgraded. Raises `StorageError` if it is invalid."""
    with translate_os_errors(path):
        content = path.read_bytes()
    try:
        manifest = parse_manifest(content)
    except ValueError as error:
        raise StorageError(
            f"{path}: not a valid manifest: {error}; restore the file from a copy, or run "
            f"`{PROGRAM} repair --rebuild-state` to replace it"
        ) from error
    return manifest, hashlib.sha256(content).hexdigest()


def parse_manifest(content: bytes | str, *, draft: bool = False) -> Manifest:
    """A manifest, or the draft of one, from its JSON; older versions are upgraded. Raises `ValueError` if invalid."""
    raw = orjson.loads(content)
    if not isinstance(raw, dict):
        raise ValueError("not a JSON object")
    schema = raw.get("schema")
    if not isinstance(schema, str):
        raise ValueError("its schema is missing")
    if schema in SCHEMAS_V1:
        # What version 1 did not have gets its default.
        raw, draft = upgrade_manifest(raw, draft=draft), True
    elif schema != SCHEMA:
        raise ValueError(f"its schema is {schema[:100]!r}, this version of vokcrawl reads {SCHEMA_V1} and {SCHEMA}")
    if missing := sorted(_KEYS - raw.keys()) if not draft else []:
        raise ValueError(f"the keys {', '.join(missing)} are missing")
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        raise ValueError(breaches(error)[:_LONGEST_MESSAGE]) from error


_KEYS = {field.alias or name for name, field in Manifest.model_fields.items()}
