"""Child processes of the benchmarks: measured crawls, and the sample site."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scrapy.settings import default_settings

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CONCURRENCY = 8
# Arguments of Python that run Scrapy.
SCRAPY = ("-m", "scrapy")
MB = 1_000_000
# Settings of the profile `sample`, for use with another profile.
AS_SAMPLE = {"AUTOTHROTTLE_ENABLED": "0", "VOK_BACKOFF_SECONDS": "1", "VOK_ALERT_AGE_HOURS": "0"}
# Number of characters of a failed command's output to show.
_SHOWN = 4000


class BenchmarkError(Exception):
    """A measured command failed, or its output is incomplete. Ends the benchmark with 1."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a command: wall time and CPU time (user and system) in seconds, peak memory in MB (10^6 bytes)."""

    wall: float
    cpu: float
    peak: float


def vokcrawl(start_url: str, output: Path, *, by: Sequence[str] = SCRAPY, **settings: str) -> Cost:
    """Run `scrapy crawl vok` with the profile `sample`. Raises `BenchmarkError` unless it exits with 0."""
    arguments = [*by, "crawl", "vok", "-a", f"start_url={start_url}"]
    return _scrapy(arguments, {"VOK_OUTPUT_DIR": str(output), **settings}, ROOT, SCRAPY_PROJECT="sample")


def worker(start_url: str, output: Path, redis_url: str, prefix: str) -> Cost:
    """Run it with the profile `distributed`, as one of the workers with the same prefix.

    Raises `BenchmarkError` unless it exits with 0.
    """
    arguments = [*SCRAPY, "crawl", "vok", "-a", f"start_url={start_url}"]
    settings = {"VOK_OUTPUT_DIR": str(output), "VOK_REDIS_PREFIX": prefix, **AS_SAMPLE}
    return _scrapy(arguments, settings, ROOT, SCRAPY_PROJECT="distributed", REDIS_URL=redis_url)


def bare(start_url: str, feed: Path, *, by: Sequence[str] = SCRAPY, **settings: str) -> Cost:
    """Run the bare spider, which writes `feed`. Raises `BenchmarkError` unless it exits with 0.

    By default it processes one item at a time, as vokcrawl does; Scrapy's default is 100.
    """
    arguments = [*by, "runspider", str(HERE / "bare_spider.py"), "-a", f"start_url={start_url}", "-O", str(feed)]
    return _scrapy(arguments, {"CONCURRENT_ITEMS": "1", **settings}, feed.parent)


def bare_with_defaults(start_url: str, feed: Path) -> Cost:
    """Run the bare spider with Scrapy's default of `CONCURRENT_ITEMS`."""
    return bare(start_url, feed, CONCURRENT_ITEMS=str(default_settings.CONCURRENT_ITEMS))


def replay(output: Path, to: Path) -> Cost:
    """Run `scrapy replay` with all archives of a directory. Raises `BenchmarkError` unless it exits with 0."""
    arguments = [*SCRAPY, "replay", "--to", str(to)]
    return _scrapy(arguments, {"VOK_OUTPUT_DIR": str(output)}, ROOT, SCRAPY_PROJECT="sample")


def command(arguments: Sequence[str], output: Path) -> Cost:
    """Run another command on an output directory. Raises `BenchmarkError` unless it exits with 0."""
    return _scrapy([*SCRAPY, *arguments], {"VOK_OUTPUT_DIR": str(output)}, ROOT, SCRAPY_PROJECT="sample")


def sampled(output: Path) -> list[str]:
    """Return arguments of Python that run Scrapy and write a profile to `output` (`benchmarks.sampler`)."""
    return [str(HERE / "sampler.py"), str(output)]


def peer(module: str) -> Callable[[str, Path], Cost]:
    """Return a function that runs a crawler of `benchmarks.peers` with a start URL and the feed to write.

    It raises `BenchmarkError` unless the crawler exits with 0.
    """
    script = HERE / "peers" / f"{module}.py"
    return lambda start_url, feed: measure(
        [sys.executable, str(script), start_url, str(feed)], feed.parent, clean_environment()
    )


def empty(folder: Path) -> Cost:
    """Run the spider without requests. Raises `BenchmarkError` unless it exits with 0."""
    return _scrapy([*SCRAPY, "runspider", str(HERE / "empty_spider.py")], {}, folder)


def _scrapy(arguments: Sequence[str], settings: dict[str, str], folder: Path, **environment: str) -> Cost:
    """Run Scrapy in `folder`, which decides whether the settings of the project apply."""
    given = {
        "LOG_LEVEL": "WARNING",
        "CONCURRENT_REQUESTS": str(CONCURRENCY),
        "CONCURRENT_REQUESTS_PER_DOMAIN": str(CONCURRENCY),
        "DOWNLOAD_DELAY": "0",
    } | settings
    options = [part for name, value in given.items() for part in ("-s", f"{name}={value}")]
    return measure([sys.executable, *arguments, *options], folder, clean_environment() | environment)


def measure(command: Sequence[str], folder: Path, environment: dict[str, str]) -> Cost:
    """Run a command in `folder` and return its cost. Raises `BenchmarkError` unless it exits with 0."""
    launcher = [sys.executable, "-I", "-S", str(HERE / "launch.py")]
    done = subprocess.run(
        [*launcher, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    log = done.stderr[-_SHOWN:]
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command)}: could not be run\n{log}")
    result = json.loads(done.stdout)
    if result["code"]:
        raise BenchmarkError(f"{' '.join(command)}: exit code {result['code']}\n{log}")
    return Cost(result["wall"], result["cpu"], result["peak"] / MB)


@contextmanager
def served(articles: int) -> Iterator[str]:
    """Serve a sample site without faults in a child process; yields the URL of the listing of the wanted source."""
    command = [sys.executable, "-m", "vokcrawl.sample", "--articles", str(articles), "--faults", "none"]
    with subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, text=True) as site:
        try:
            url = site.stdout.readline().strip() if site.stdout is not None else ""
            if not url:
                raise BenchmarkError(f"{' '.join(command)}: the sample site did not start")
            yield listing_of(url)
        finally:
            site.terminate()


def listing_of(site_url: str) -> str:
    """Return the URL of the listing of the wanted source on a sample site."""
    return f"{site_url.rstrip('/')}/article/163/"


def clean_environment() -> dict[str, str]:
    """Return the environment of this process without settings and proxies.

    Python stores the compiled modules of this project, as it does those of installed packages: a process that compiles
    them each time would be compared with one that does not.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VOK_", "SCRAPY_"))
        and not name.lower().endswith("_proxy")
        and name != "PYTHONDONTWRITEBYTECODE"
    }
