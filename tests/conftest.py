"""Fixtures that the tests of real crawls share; what they give is in `crawling` and in `site/`."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.support.crawling import Crawl, run_crawl
from vokcrawl.sample import SampleServer, SampleSite

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts the tests in the background lets them, and so their children, ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
IN_CI = bool(os.environ.get("CI"))
THOROUGH = IN_CI or bool(os.environ.get("VOK_TEST_THOROUGH"))
LONG = "takes long; `VOK_TEST_THOROUGH=1 make test` runs it"
E2E = "needs external programs; `VOK_TEST_THOROUGH=1 make test` or naming its path runs it"
# The same examples each time, and no limit of time, so that neither chance nor a loaded machine fails a test; a
# thorough run that is not CI's looks for new ones.
settings.register_profile("quick", settings.get_profile("ci"), max_examples=30)
settings.register_profile("thorough", deadline=None, max_examples=200)
settings.load_profile("ci" if IN_CI else "thorough" if THOROUGH else "quick")


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


def pytest_xdist_auto_num_workers() -> int:
    """A worker a core; one more in the plain run, to use the processor while a crawl waits for a time-out."""
    return (os.cpu_count() or 1) + (0 if THOROUGH else 1)


def pytest_report_header(config: pytest.Config) -> str:
    """How long the run takes, for whoever starts it."""
    if THOROUGH:
        return "Thorough run with long and e2e tests: about 15 minutes on 2 cores"
    return "Plain run without long and e2e tests: about 4 minutes on 2 cores if nothing else runs"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skips the long tests, and the e2e tests whose path is not given; continuous integration runs all of them."""
    if THOROUGH:
        return
    e2e, named = Path(__file__).parent / "e2e", any("e2e" in arg for arg in config.args)
    for item in items:
        if item.get_closest_marker("thorough"):
            item.add_marker(pytest.mark.skip(reason=LONG))
        elif not named and e2e in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=E2E))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Counts what was left out, and sums up the kill tests of all processes."""
    skipped = [report.longrepr[-1] for report in terminalreporter.stats.get("skipped", ())]
    left_out = 0
    for kind, reason in (("long", LONG), ("e2e", E2E)):
        if number := sum(each.endswith(reason) for each in skipped):
            left_out += number
            terminalreporter.write_line(f"Left out: {number} {kind} tests; `VOK_TEST_THOROUGH=1 make test` runs them")
    if missing := len(skipped) - left_out:
        terminalreporter.write_line(f"Skipped: {missing} tests; what each wants is said below")
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
