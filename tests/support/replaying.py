"""Runs `scrapy replay` and reads its output."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.children import run
from tests.support.crawling import Crawl, environment
from tests.support.warc_captures import HOST
from vokcrawl.replay.comparison import OF_THE_RUN

Record = dict[str, Any]
SITE: dict[str, object] = {"VOK_START_URLS": f"{HOST}/article/163/"}


@dataclass(frozen=True)
class Replayed(Crawl):
    """How a replay ended, and its output directory."""

    @property
    def faults(self) -> list[str]:
        """The reported files and records that could not be read."""
        return [line.removeprefix("scrapy replay: ") for line in self.stderr.splitlines()]


def replay(
    *given: object,
    to: Path | None,
    output: Path | None = None,
    settings: Mapping[str, object] | None = None,
    begin: tuple[str, ...] = (sys.executable, "-m", "scrapy"),
    env: Mapping[str, str] | None = None,
) -> Replayed:
    """Runs `scrapy replay` and waits for its end. `output` is the directory of the archives; `begin` starts Scrapy."""
    set_to = {**(SITE if settings is None else settings), **({"VOK_OUTPUT_DIR": output} if output is not None else {})}
    done = run(
        [
            *begin,
            "replay",
            *map(str, given),
            *(("--to", str(to)) if to is not None else ()),
            *(part for name, value in set_to.items() for part in ("-s", f"{name}={value}")),
        ],
        env=environment(env),
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Replayed(done.returncode, done.stdout, done.stderr, to if to is not None else Path())


def of_the_site(records: list[Record], *also: str) -> list[Record]:
    """The records without fields about the run, its times and its archive, in the order of ids and revisions."""
    without = OF_THE_RUN | set(also)
    kept = [{name: each[name] for name in each if name not in without} for each in records]
    return sorted(kept, key=lambda each: (each["id"], each.get("revision", 0), json.dumps(each)))


def all_of_the_site(crawl: Crawl) -> dict[str, list[Record]]:
    return {kind: of_the_site(crawl.records(kind)) for kind in ("articles", "teasers", "removals", "rejected")}
