"""Fixtures that the tests of real crawls share; what they give is in `crawling` and in `site/`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from vokcrawl.sample import SampleServer, SampleSite

# So that tests of any folder can say `from hostile import …`.
sys.path.insert(1, str(Path(__file__).parent / "site"))

from crawling import Crawl, run_crawl


@pytest.fixture
def crawl() -> Callable[..., Crawl]:
    """`crawl(start_url, output, args=, settings=, env=, timeout=, at=)` runs a real crawl; see `crawling.run_crawl`."""
    return run_crawl


@pytest.fixture
def serve() -> Iterator[Callable[..., SampleServer]]:
    """`serve(articles, faults=(), …)` serves a new sample site (its options), `serve(site=…)` the given one.

    Without faults unless they are asked for. All servers are closed when the test ends.
    """
    with ExitStack() as stack:

        def start(articles: int = 45, *, site: SampleSite | None = None, **options: Any) -> SampleServer:
            served = site if site is not None else SampleSite(articles, **{"faults": (), **options})
            return stack.enter_context(SampleServer(served))

        yield start


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output folder that is not there yet."""
    return tmp_path / "output"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out the tests that take long, and says so; continuous integration runs them all."""
    if os.environ.get("CI") or os.environ.get("VOK_TEST_THOROUGH"):
        return
    skipped = pytest.mark.skip(reason="takes long; `VOK_TEST_THOROUGH=1 make test` runs it")
    for item in items:
        if item.get_closest_marker("thorough"):
            item.add_marker(skipped)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Shows what the kill test has seen, also when all is well: its lanes may have run in several processes."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    seen = [
        value
        for report in reports
        # The same properties hang on what comes before and after the test itself.
        if getattr(report, "when", None) == "call"
        for name, value in report.user_properties
        if name == "kill test"
    ]
    if seen:
        told = ", ".join(f"{name.replace('_', ' ')} {sum(each[name] for each in seen)}" for name in seen[0])
        terminalreporter.write_line(f"Kill test: {told}")
