"""``python -m vokcrawl.sample``: serve the sample site until interrupted."""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from vokcrawl.sample.quirks import ALL_FAULTS, DEFAULT_FAULTS, checked_faults
from vokcrawl.sample.search import SEARCH_KINDS
from vokcrawl.sample.server import SampleServer
from vokcrawl.sample.site import MORE_KINDS, SampleSite
from vokcrawl.sample.skins import SKINS

WRONG_ARGUMENTS = 2
_MAX_ARTICLES = 1_000_000
_MAX_SEED = 999_999_999


def faults_named(value: str) -> frozenset[str]:
    """``none``, ``default``, ``all``, or a comma-separated list of faults. Raises `argparse.ArgumentTypeError`."""
    sets = {"none": frozenset[str](), "default": DEFAULT_FAULTS, "all": ALL_FAULTS}
    if value in sets:
        return sets[value]
    try:
        return checked_faults(frozenset(filter(None, value.replace(" ", "").split(","))))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("faults: ")) from error


def whole_number(most: int) -> Callable[[str], int]:
    """A parser of whole numbers from 0 to `most`. It raises `argparse.ArgumentTypeError`."""

    def parse(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) > most:
            raise argparse.ArgumentTypeError(f"{value!r} is not a whole number from 0 to {most}")
        return int(value)

    return parse


def parser() -> argparse.ArgumentParser:
    """The parser of ``python -m vokcrawl.sample``."""
    parser = argparse.ArgumentParser(prog="python -m vokcrawl.sample", description=__doc__)
    add_arguments(parser)
    return parser


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the sample site."""
    parser.add_argument(
        "--articles", type=whole_number(_MAX_ARTICLES), default=60, help="articles of the wanted source (default 60)"
    )
    parser.add_argument("--skin", choices=tuple(SKINS), default="current")
    parser.add_argument("--more", choices=MORE_KINDS, default="link", help='what "More Articles" is')
    parser.add_argument("--search", choices=SEARCH_KINDS, default="none", help="how the search's results go on")
    parser.add_argument("--sitemap", action="store_true", help="have a sitemap")
    parser.add_argument("--port", type=whole_number(65_535), default=0, help="0: any free one")
    parser.add_argument("--seed", type=whole_number(_MAX_SEED), default=1)
    parser.add_argument(
        "--faults", type=faults_named, default=DEFAULT_FAULTS, help="none, default, all, or a comma list"
    )
    parser.add_argument("--truth", type=Path, metavar="FILE", help="write what a perfect crawl delivers")


def write_truth(site: SampleSite, path: Path | None) -> None:
    """Write the truth as JSON if *path* is given."""
    if path is not None:
        path.write_text(json.dumps(site.truth(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM. Returns the exit code: 0, or 2 for invalid or unavailable values."""
    return serve(parser().parse_args(arguments))


def serve(options: argparse.Namespace) -> int:
    """Serve the site that the options describe, until SIGINT or SIGTERM. Returns the exit code."""
    site = SampleSite(
        options.articles,
        skin=options.skin,
        more=options.more,
        seed=options.seed,
        faults=options.faults,
        search=options.search,
        sitemap=options.sitemap,
    )
    # Blocked before the server's thread starts, which inherits the mask: only sigwait receives the signals.
    ending = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    option, value = "--port", str(options.port)
    try:
        with SampleServer(site, options.port) as server:
            option, value = "--truth", str(options.truth)
            write_truth(site, options.truth)
            print(f"{server.url}/", flush=True)
            signal.sigwait(ending)
        # Again: a fault may have changed the site while it was served.
        write_truth(site, options.truth)
    except OSError as error:
        print(f"sample: {option}: {value!r} cannot be used ({error.strerror}); give another one", file=sys.stderr)
        return WRONG_ARGUMENTS
    return 0


if __name__ == "__main__":
    sys.exit(main())
