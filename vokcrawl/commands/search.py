"""`scrapy search WORDS`: full-text search, with date, title, passage and link of each article."""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict

from typing_extensions import override

from vokcrawl.cli import FolderCommand, complain, say
from vokcrawl.config.arguments import read_date_range
from vokcrawl.config.values import POSITIVE_PHRASE, parse_positive_number, read_value
from vokcrawl.errors import ExitCode
from vokcrawl.search.index import SearchIndex
from vokcrawl.search.query import MATCH_END, MATCH_START, Hit, find
from vokcrawl.utils.terminal import harmless, write_output

_INDENT = " " * 12
_MARKERS = re.compile(f"[{MATCH_START}{MATCH_END}]")


class Command(FolderCommand):
    """Needs no network, and can run during a crawl. See docs/search.md."""

    takes_arguments = True

    @override
    def syntax(self) -> str:
        return "[options] <words>"

    @override
    def short_desc(self) -> str:
        return "Search the text of the current articles"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--limit", default="10", metavar="N", help="maximum number of results (default: 10)")
        parser.add_argument("--since", metavar="DAY", help="only articles dated this day or later (YYYY-MM-DD)")
        parser.add_argument("--until", metavar="DAY", help="only articles dated this day or earlier (YYYY-MM-DD)")
        parser.add_argument("--json", action="store_true", help="print machine-readable JSON")

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        limit = read_value("--limit", parse_positive_number, opts.limit, POSITIVE_PHRASE)
        since, until = read_date_range(vars(opts))
        index = SearchIndex(self.existing_folder(), self.progress)
        try:
            total, hits = find(index, args, limit=limit, since=since, until=until)
            for place in index.damaged():
                complain("search", f"{place}; skipped")
        finally:
            index.close()
        if not index.persistent:
            complain("search", f"{index.path}: cannot save the index there; using a temporary one for this search")
        if opts.json:
            found = [{**asdict(hit), "passage": _MARKERS.sub("", hit.passage)} for hit in hits]
            say(json.dumps(found, ensure_ascii=False, indent=2))
        else:
            _show(total, hits)
        return ExitCode.OK


def _show(total: int, hits: list[Hit]) -> None:
    """Print the hits; on a terminal the matches are highlighted (rich honours NO_COLOR)."""
    from rich.console import Console  # noqa: PLC0415  takes 0.1 s to import; Scrapy imports this module for any command
    from rich.text import Text  # noqa: PLC0415

    # Not to standard output: rich would end the process with 1 for a closed pipe, and with a traceback for a full disk.
    text = io.StringIO()
    console = Console(file=text, force_terminal=sys.stdout.isatty() or None, highlight=False, soft_wrap=True)
    for hit in hits:
        console.print(Text.assemble((hit.published_on or "no day    ", "dim"), "  ", (harmless(hit.title), "bold")))
        if hit.passage:
            console.print(Text.assemble(_INDENT, *_pieces(hit.passage)))
        console.print(Text(_INDENT + harmless(hit.url), "dim"))
    console.print(f"{total} found" + (f", {len(hits)} shown; use --limit for more" if total > len(hits) else ""))
    write_output(text.getvalue())


def _pieces(passage: str) -> Iterator[tuple[str, str]]:
    """Yield the passage on one line, in pieces with a style each; the matches are highlighted."""
    for number, piece in enumerate(_MARKERS.split(" ".join(passage.split()))):
        yield harmless(piece), "bold green" if number % 2 else ""
