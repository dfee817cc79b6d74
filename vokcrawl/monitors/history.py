"""Past runs, from their manifests. The number and the size of the manifests that are read are limited."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from heapq import nlargest
from itertools import islice
from pathlib import Path

from vokcrawl.errors import StorageError
from vokcrawl.normalize import parse_utc
from vokcrawl.storage.manifest import Manifest, read_manifest
from vokcrawl.storage.output_folder import OutputFolder, run_order

# Monitors look back eight weeks; where runs are more frequent, fewer days are covered.
_MAX_MANIFESTS = 500
_MAX_BYTES = 8 * 1024 * 1024
# Format of the start time in run ids.
_BEGAN = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class PastRun:
    """The figures of a past run that monitors use.

    `articles` were delivered; `read`, `failed`, `article_pages` and `truncated` count pages. `listings` maps the
    URL of each listing to whether its crawl was complete; a follower leaves the listings to another worker.
    """

    started: datetime
    articles: int
    read: int
    failed: int
    article_pages: int
    truncated: int
    coverage: Mapping[str, float]
    listings: Mapping[str, bool]
    newest_article: datetime | None
    is_follower: bool

    @classmethod
    def of(cls, manifest: Manifest) -> PastRun:
        """The figures of a manifest; a crashed run has none of its pages."""
        pages, newest = manifest.pages, manifest.newest_article
        return cls(
            started=parse_utc(manifest.started_at),
            articles=manifest.counts.get("articles", 0),
            read=pages.read if pages else 0,
            failed=pages.failed if pages else 0,
            article_pages=pages.articles if pages else 0,
            truncated=pages.truncated if pages else 0,
            coverage=manifest.coverage.get("articles", {}),
            listings={each.url: each.complete for each in manifest.listings},
            newest_article=parse_utc(newest) if newest else None,
            is_follower=manifest.leader_run_id is not None,
        )


class History:
    """The newest runs of an output directory up to `now`, including the one that has just ended."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self._runs = OutputFolder(folder).runs
        self._now = now
        self._read: dict[str, PastRun | None] = {}

    def latest(self, most: int, *, skip_followers: bool = False) -> list[PastRun]:
        """The newest runs, newest first."""
        runs = (run for run in map(self._run, self._names) if run is not None)
        return list(islice((run for run in runs if not (skip_followers and run.is_follower)), most))

    def between(self, after: datetime, until: datetime) -> list[PastRun]:
        """The runs that started after `after` and not after `until`, newest first."""
        first, last = after.strftime(_BEGAN), until.strftime(_BEGAN)
        near = (self._run(name) for name in self._names if first <= name[: len(first)] <= last)
        return [run for run in near if run is not None and after < run.started <= until]

    @cached_property
    def _names(self) -> list[str]:
        """File names of the manifests, newest first. They begin with the start time of the run."""
        last = self._now.strftime(_BEGAN)
        try:
            names = [name for name in os.listdir(self._runs) if name.endswith(".json") and name[: len(last)] <= last]
        except OSError:
            return []
        return nlargest(_MAX_MANIFESTS, names, key=lambda name: run_order(name.removesuffix(".json")))

    def _run(self, name: str) -> PastRun | None:
        if name not in self._read:
            self._read[name] = _read(self._runs / name)
        return self._read[name]


def _read(path: Path) -> PastRun | None:
    """None for an invalid manifest; `scrapy verify` reports those."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
        return PastRun.of(read_manifest(path)[0])
    except (StorageError, OSError, ValueError):
        return None
