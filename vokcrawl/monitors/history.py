"""The runs before this one, as their manifests tell of them. Only so many are read, and none that is huge."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from heapq import nlargest
from itertools import islice
from pathlib import Path
from typing import Any

from vokcrawl.errors import StorageError
from vokcrawl.normalize import parse_utc
from vokcrawl.storage.manifest import read_manifest
from vokcrawl.storage.output_folder import OutputFolder, run_order

# What the monitors need is within eight weeks; who runs every few minutes is told of a part of that.
_MOST_MANIFESTS = 500
_MOST_BYTES = 8 * 1024 * 1024
# How the name of a run, and of its manifest, begins.
_BEGAN = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class PastRun:
    """What a manifest says of its run that monitors ask for.

    `articles` were delivered; `read`, `failed`, `article_pages` and `metered` are pages. `walked` says of each listing
    whether its walk was complete; a run that `follows` has left the walks to another worker.
    """

    started: datetime
    articles: int
    read: int
    failed: int
    article_pages: int
    metered: int
    coverage: Mapping[str, float]
    walked: Mapping[str, bool]
    newest_article: datetime | None
    follows: bool

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> PastRun:
        """Raises `ValueError`, `KeyError`, `TypeError` or `AttributeError` when it is not what it should be."""
        pages, newest = manifest.get("pages") or {}, manifest.get("newest_article")
        return cls(
            started=parse_utc(manifest["started_at"]),
            articles=int(manifest["counts"].get("articles", 0)),
            read=int(pages.get("read", 0)),
            failed=int(pages.get("failed", 0)),
            article_pages=int(pages.get("articles", 0)),
            metered=int(pages.get("metered", 0)),
            coverage={name: float(share) for name, share in manifest["coverage"].get("articles", {}).items()},
            walked={str(each["url"]): bool(each["complete"]) for each in manifest["listings"]},
            newest_article=parse_utc(newest) if newest else None,
            follows="follows" in manifest,
        )


class History:
    """The newest runs of a folder up to `now`, the one that has just ended included."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self._runs = OutputFolder(folder).runs
        self._now = now
        self._read: dict[str, PastRun | None] = {}

    def latest(self, most: int, *, walking: bool = False) -> list[PastRun]:
        """The newest runs, newest first; only those that have walked the listings themselves if `walking`."""
        runs = (run for run in map(self._run, self._names) if run is not None)
        return list(islice((run for run in runs if not (walking and run.follows)), most))

    def between(self, after: datetime, until: datetime) -> list[PastRun]:
        """The runs that began later than `after` and not later than `until`, newest first."""
        first, last = after.strftime(_BEGAN), until.strftime(_BEGAN)
        near = (self._run(name) for name in self._names if first <= name[: len(first)] <= last)
        return [run for run in near if run is not None and after < run.started <= until]

    @cached_property
    def _names(self) -> list[str]:
        """The manifests' names, newest first. A run's name says when it began."""
        last = self._now.strftime(_BEGAN)
        try:
            names = [name for name in os.listdir(self._runs) if name.endswith(".json") and name[: len(last)] <= last]
        except OSError:
            return []
        return nlargest(_MOST_MANIFESTS, names, key=lambda name: run_order(name.removesuffix(".json")))

    def _run(self, name: str) -> PastRun | None:
        if name not in self._read:
            self._read[name] = _read(self._runs / name)
        return self._read[name]


def _read(path: Path) -> PastRun | None:
    """None for one that cannot be read: `scrapy verify` names it, a monitor need not."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        return PastRun.of(read_manifest(path)[0])
    except (StorageError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
