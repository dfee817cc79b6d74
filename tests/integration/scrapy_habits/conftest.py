"""One sample site for the tests of Scrapy's commands, which change nothing on it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.children import run
from tests.support.crawling import environment
from vokcrawl.sample import SampleServer, SampleSite

Scrapy = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def site() -> Iterator[SampleServer]:
    """A sample site without faults."""
    with SampleServer(SampleSite(12, faults=())) as server:
        yield server


@pytest.fixture
def scrapy(output: Path) -> Scrapy:
    """`scrapy(word, …, env=)` runs `scrapy word …` on an output directory that does not exist yet."""

    def command(*words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        given = {"VOK_OUTPUT_DIR": str(output), **(env or {})}
        done = run([sys.executable, "-m", "scrapy", *words], env=environment(given))
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return command
