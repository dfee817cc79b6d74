"""Runs real crawls in child processes and reads their output."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support.children import run
from vokcrawl.storage.output_folder import in_run_order

CRAWL_AT = "tests.support.crawl_at"

Record = dict[str, Any]


@dataclass(frozen=True)
class Crawl:
    """How a crawl ended, and its output directory with the files of all runs."""

    code: int
    stdout: str
    stderr: str
    output: Path

    def articles(self) -> list[Record]:
        return self.records("articles")

    def teasers(self) -> list[Record]:
        return self.records("teasers")

    def removals(self) -> list[Record]:
        return self.records("removals")

    def rejected(self) -> list[Record]:
        return self.records("rejected")

    def records(self, kind: str) -> list[Record]:
        """The records of a kind in all delivered files, in the order of the files' names."""
        files = in_run_order((self.output / kind).glob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]

    def manifests(self) -> list[Record]:
        """The manifests of all runs, in the order of the manifest chain."""
        read = (json.loads(path.read_bytes()) for path in (self.output / "runs").glob("*.json"))
        following = {(each["previous_manifest"] or {}).get("run_id"): each for each in read}
        chain: list[Record] = []
        while (found := following.pop(chain[-1]["run_id"] if chain else None, None)) is not None:
            chain.append(found)
        assert not following, f"manifests outside the chain: {following}"
        return chain

    @property
    def manifest(self) -> Record:
        """The newest manifest."""
        return self.manifests()[-1]

    @property
    def errors(self) -> dict[str, int]:
        """The number of errors by reason, from the newest manifest."""
        return {reason: error["count"] for reason, error in self.manifest["errors"].items()}


def environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The child's environment: this one without settings of the project, with the profile `sample`, and `env`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VOK_", "SCRAPY_", "SPLASH_", "REDIS_"))
    }
    return {**kept, "SCRAPY_PROJECT": "sample", **(env or {})}


def command(
    start_url: str | None,
    output: Path | str | None,
    args: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
    at: datetime | None = None,
) -> list[str]:
    """The command line of a crawl, for tests that watch the process themselves. None omits a part."""
    begin = [sys.executable, "-m", "scrapy"] if at is None else [sys.executable, "-m", CRAWL_AT, at.isoformat()]
    given = dict(args or {}) if start_url is None else {"start_url": start_url, **(args or {})}
    set_to = dict(settings or {}) if output is None else {"VOK_OUTPUT_DIR": output, **(settings or {})}
    return [
        *begin,
        "crawl",
        "vok",
        *(part for name, value in given.items() for part in ("-a", f"{name}={value}")),
        *(part for name, value in set_to.items() for part in ("-s", f"{name}={value}")),
    ]


def run_crawl(
    start_url: str | None,
    output: Path,
    *,
    args: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 60,
    at: datetime | None = None,
) -> Crawl:
    """Runs `scrapy crawl vok` in the repository's root and waits for its end.

    `args` are given with -a, `settings` with -s, `env` is added to the environment; `at` (aware) is the time that the
    crawl sees at its start; from then on that clock advances.
    """
    done = run(command(start_url, output, args, settings, at), env=environment(env), timeout=timeout)
    return Crawl(done.returncode, done.stdout, done.stderr, output)
