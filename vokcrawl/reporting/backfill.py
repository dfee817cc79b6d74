"""The progress of unfinished listing crawls (backfills), from the manifest of the last run that crawled listings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vokcrawl.errors import StorageError
from vokcrawl.storage.manifest import Backfill, Manifest, read_manifest
from vokcrawl.storage.output_folder import OutputFolder, in_run_order, matching
from vokcrawl.utils.humanize import pluralize

# The manifests of so many runs are read at most, newest first: crashed runs have no listings.
_MAX_RUNS = 50


def backfills(folder: OutputFolder) -> list[dict[str, Any]]:
    """Return the unfinished crawls: the URL of each listing, and the keys of `Backfill`."""
    for path in [*in_run_order(matching(folder.runs, ".json"))][: -_MAX_RUNS - 1 : -1]:
        try:
            manifest, _ = read_manifest(path)
        except StorageError:
            # `verify` reports it.
            continue
        if manifest.listings:
            return list(_of_manifest(manifest))
    return []


def _of_manifest(manifest: Manifest) -> Iterator[dict[str, Any]]:
    for listing in manifest.listings:
        if listing.backfill is not None:
            yield {"url": listing.url, **listing.backfill.model_dump()}


def describe_backfill(backfill: Backfill | Mapping[str, Any]) -> str:
    """Describe the progress in one sentence without the listing's URL. Estimates are marked as such."""
    values = backfill.model_dump() if isinstance(backfill, Backfill) else backfill
    read = f"{pluralize(values['entries'], 'entry', 'entries')} read since {values['began_at']}"
    if values["entries_left"] is None:
        return f"{read}; how many are left is unknown"
    left = f"{read}; about {values['entries_left']:,} left, estimated from the {values['estimated_from']}"
    return f"{left}; complete about {values['done_at']}" if values["done_at"] else left
