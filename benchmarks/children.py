"""The child processes of the benchmark: measured crawls, and the site that they crawl."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CONCURRENCY = 8
# What to run Scrapy by.
SCRAPY = ("-m", "scrapy")
MB = 1_000_000
# What the profile `sample` sets beside `_scrapy`, for a profile that is meant for live sites.
AS_SAMPLE = {"AUTOTHROTTLE_ENABLED": "0", "VOK_BACKOFF_SECONDS": "1", "VOK_ALERT_AGE_HOURS": "0"}
# So much of what a failed command has said is shown.
_SHOWN = 4000


class BenchmarkFailed(Exception):
    """A measured command failed, or did not do its work: its numbers would mean nothing. Ends the benchmark with 1."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command cost: wall and CPU (user and system) seconds, and its peak memory in MB of 10^6 bytes."""

    wall: float
    cpu: float
    peak: float


def vokcrawl(start_url: str, output: Path, *, by: Sequence[str] = SCRAPY, **settings: str) -> Cost:
    """Runs `scrapy crawl vok` with the profile `sample`. Raises `BenchmarkFailed` unless it exits with 0."""
    arguments = [*by, "crawl", "vok", "-a", f"start_url={start_url}"]
    return _scrapy(arguments, {"VOK_OUTPUT_DIR": str(output), **settings}, ROOT, SCRAPY_PROJECT="sample")


def worker(start_url: str, output: Path, redis_url: str, prefix: str) -> Cost:
    """Runs it with the profile `distributed`, as one of the workers that share the prefix on this server.

    Raises `BenchmarkFailed` unless it exits with 0.
    """
    arguments = [*SCRAPY, "crawl", "vok", "-a", f"start_url={start_url}"]
    settings = {"VOK_OUTPUT_DIR": str(output), "VOK_REDIS_PREFIX": prefix, **AS_SAMPLE}
    return _scrapy(arguments, settings, ROOT, SCRAPY_PROJECT="distributed", REDIS_URL=redis_url)


def bare(start_url: str, feed: Path, *, by: Sequence[str] = SCRAPY) -> Cost:
    """Runs the bare spider, which writes `feed`. Raises `BenchmarkFailed` unless it exits with 0."""
    arguments = [*by, "runspider", str(HERE / "bare_spider.py"), "-a", f"start_url={start_url}", "-O", str(feed)]
    return _scrapy(arguments, {}, feed.parent)


def replay(output: Path, to: Path) -> Cost:
    """Runs `scrapy replay` over all archives of a folder. Raises `BenchmarkFailed` unless it exits with 0."""
    arguments = [*SCRAPY, "replay", "--to", str(to)]
    return _scrapy(arguments, {"VOK_OUTPUT_DIR": str(output)}, ROOT, SCRAPY_PROJECT="sample")


def sampled(counts: Path) -> list[str]:
    """What to run Scrapy by, so that `counts` holds where its CPU time is spent (`benchmarks.sampler`)."""
    return [str(HERE / "sampler.py"), str(counts)]


def peer(module: str) -> Callable[[str, Path], Cost]:
    """A crawl without Scrapy, by a module of `benchmarks.peers`: takes the start URL and the feed that it writes.

    Raises `BenchmarkFailed` unless it exits with 0.
    """
    script = HERE / "peers" / f"{module}.py"
    return lambda start_url, feed: measure(
        [sys.executable, str(script), start_url, str(feed)], feed.parent, clean_environment()
    )


def empty(folder: Path) -> Cost:
    """Runs the spider that has nothing to do. Raises `BenchmarkFailed` unless it exits with 0."""
    return _scrapy([*SCRAPY, "runspider", str(HERE / "empty_spider.py")], {}, folder)


def _scrapy(arguments: Sequence[str], settings: dict[str, str], folder: Path, **environment: str) -> Cost:
    """Scrapy in `folder`: it takes the settings of the project that it is started in, so spiders with none of them
    are started elsewhere."""
    given = {
        "LOG_LEVEL": "WARNING",
        "CONCURRENT_REQUESTS": str(CONCURRENCY),
        "CONCURRENT_REQUESTS_PER_DOMAIN": str(CONCURRENCY),
        "DOWNLOAD_DELAY": "0",
    } | settings
    options = [part for name, value in given.items() for part in ("-s", f"{name}={value}")]
    return measure([sys.executable, *arguments, *options], folder, clean_environment() | environment)


def measure(command: Sequence[str], folder: Path, environment: dict[str, str]) -> Cost:
    """Runs a command in `folder` and gives its cost. Raises `BenchmarkFailed` unless it exits with 0."""
    launcher = [sys.executable, "-I", "-S", str(HERE / "launch.py")]
    done = subprocess.run(
        [*launcher, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    said = done.stderr[-_SHOWN:]
    if done.returncode:
        raise BenchmarkFailed(f"{' '.join(command)}: could not be run\n{said}")
    cost = json.loads(done.stdout)
    if cost["code"]:
        raise BenchmarkFailed(f"{' '.join(command)}: exit code {cost['code']}\n{said}")
    return Cost(cost["wall"], cost["cpu"], cost["peak"] / MB)


@contextmanager
def served(articles: int) -> Iterator[str]:
    """A sample site without faults in a process of its own; gives the URL of its listing of the wanted source."""
    command = [sys.executable, "-m", "vokcrawl.sample", "--articles", str(articles), "--faults", "none"]
    with subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, text=True) as site:
        try:
            url = site.stdout.readline().strip() if site.stdout is not None else ""
            if not url:
                raise BenchmarkFailed(f"{' '.join(command)}: the sample site did not start")
            yield listing_of(url)
        finally:
            site.terminate()


def listing_of(site_url: str) -> str:
    """The listing of the wanted source on a sample site."""
    return f"{site_url.rstrip('/')}/article/163/"


def clean_environment() -> dict[str, str]:
    """This process's, without what would change a crawl's settings or lead it through a proxy."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VOK_", "SCRAPY_")) and not name.lower().endswith("_proxy")
    }
