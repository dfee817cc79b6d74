"""Runs `scrapy replay`, and looks at what it leaves."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.captures import HOST
from tests.support.children import run
from tests.support.crawling import Crawl, environment
from vokcrawl.replay.comparison import OF_THE_RUN

Record = dict[str, Any]
SITE: dict[str, object] = {"VOK_START_URLS": f"{HOST}/article/163/"}


@dataclass(frozen=True)
class Replayed(Crawl):
    """How a replay ended, and the folder that it wrote."""

    @property
    def faults(self) -> list[str]:
        """What it said of files and records that it could not read."""
        return [line.removeprefix("scrapy replay: ") for line in self.stderr.splitlines()]


def replay(
    *given: object,
    to: Path | None,
    output: Path | None = None,
    settings: Mapping[str, object] | None = None,
    begin: tuple[str, ...] = (sys.executable, "-m", "scrapy"),
    env: Mapping[str, str] | None = None,
) -> Replayed:
    """Runs `scrapy replay` to its end. `output` is the folder whose archives are meant; `begin` starts Scrapy."""
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
    """The records without what tells of the run, its moments and its archive, in the order of ids and versions."""
    without = OF_THE_RUN | set(also)
    kept = [{name: each[name] for name in each if name not in without} for each in records]
    return sorted(kept, key=lambda each: (each["id"], each.get("revision", 0), json.dumps(each)))


def all_of_the_site(crawl: Crawl) -> dict[str, list[Record]]:
    return {kind: of_the_site(crawl.records(kind)) for kind in ("articles", "teasers", "removals", "rejected")}
