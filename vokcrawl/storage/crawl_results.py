"""The results of a crawl for its run: parts of the manifest, and the validators of the records that it emits."""

from __future__ import annotations

from dataclasses import dataclass, field

from vokcrawl.storage.manifest import DiscoveryAttempt


@dataclass
class CrawlResults:
    """Filled by the crawl core, read by the run and its pipelines. `storage.manifest.Manifest` describes the fields."""

    other_sources: list[str] = field(default_factory=list)
    discovery_attempts: list[DiscoveryAttempt] = field(default_factory=list)
    # ETag and Last-Modified of the responses that emitted articles were extracted from, by id.
    validators: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
