"""Fixtures and options of all tests."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.support.crawling import Crawl, run_crawl
from vokcrawl.sample import SampleServer, SampleSite

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts the tests in the background makes them, and so their children, ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    # As `nohup` does with SIGHUP.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
IN_CI = bool(os.environ.get("CI"))
# Both run the long tests and the e2e tests; at full size only where it is asked for.
FULL_SIZE = bool(os.environ.get("VOK_TEST_THOROUGH"))
THOROUGH = IN_CI or FULL_SIZE
LONG = "long test"
E2E = "e2e test"
# Properties that tests record with numbers, whose totals are printed.
COUNTED = ("kill test", "flipped bits", "failing calls")
# The same examples each time and no deadline, so that neither chance nor a loaded machine fails a test. Only a thorough
# run outside continuous integration looks for new examples.
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
    """A worker a core, and one more to use the processor while a crawl waits for a time-out."""
    return (os.cpu_count() or 1) + 1


def pytest_report_header(config: pytest.Config) -> str:
    """Says how long the run takes."""
    if FULL_SIZE:
        return "Thorough run with long and e2e tests at full size: more than 20 minutes on 2 cores"
    if IN_CI:
        return "Run in CI with long and e2e tests: about 17 minutes on 2 cores"
    slower = ", half as long again with coverage" if "coverage" in sys.modules else ""
    return f"Plain run without long and e2e tests: about 5 minutes on 2 cores if nothing else runs{slower}"


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Looks for doctests in the package only: there are none in the tests, and each worker would import all of them."""
    return [each for each in (yield) if type(each) is pytest.Module]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skips the long tests, and the e2e tests unless their path is given; continuous integration runs all of them."""
    if THOROUGH:
        return
    e2e, named = Path(__file__).parent / "e2e", any("e2e" in arg for arg in config.args)
    for item in items:
        if item.get_closest_marker("thorough"):
            item.add_marker(pytest.mark.skip(reason=LONG))
        elif not named and e2e in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=E2E))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints how many tests did not run, and why, and the totals of the tests that count (kills, flipped bits)."""
    skipped = terminalreporter.stats.get("skipped", ())
    reasons = Counter(str(report.longrepr[-1]).removeprefix("Skipped: ") for report in skipped)
    if left_out := {reason: number for reason in (LONG, E2E) if (number := reasons.pop(reason, 0))}:
        counts = " and ".join(f"{number} {reason}s" for reason, number in left_out.items())
        terminalreporter.write_line(f"Not run: {counts}; `VOK_TEST_THOROUGH=1 make test` runs them")
    for reason, number in reasons.items():
        terminalreporter.write_line(f"Not run: {number}: {reason}")
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    totals = {name: Counter[str]() for name in COUNTED}
    for report in reports:
        # The setup and the teardown of a test have the same properties.
        if getattr(report, "when", None) == "call":
            for name, value in report.user_properties:
                if name in COUNTED:
                    totals[name].update(value)
    for name, total in totals.items():
        if total:
            counts = ", ".join(f"{what.replace('_', ' ')} {number}" for what, number in total.items())
            terminalreporter.write_line(f"{name.capitalize()}: {counts}")
    _print_histories(terminalreporter, [report for report in reports if getattr(report, "when", None) == "call"])


def _print_histories(terminalreporter: pytest.TerminalReporter, reports: list[Any]) -> None:
    """Prints how many fresh histories the simulation has played, and from which seed on."""
    played = [value for report in reports for name, value in report.user_properties if name == "simulation"]
    if played:
        first, number = min(each["first"] for each in played), sum(each["number"] for each in played)
        terminalreporter.write_line(f"Simulation: {number:,} fresh histories (VOK_TEST_HISTORIES_FROM={first})")
