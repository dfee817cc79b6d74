"""`scrapy search WORDS`: the articles that have these words, with date, title, passage and link."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import asdict

from vokcrawl.cli import FolderCommand, complain, say
from vokcrawl.config.checks import period, whole
from vokcrawl.errors import ExitCode, StorageError
from vokcrawl.search.finding import CLOSES, OPENS, Hit, find
from vokcrawl.search.index import SearchIndex
from vokcrawl.utils.terminal import harmless

_INDENT = " " * 12


class Command(FolderCommand):
    """Needs no network, and may run beside a crawl. docs/search.md."""

    def syntax(self) -> str:
        return "<words>"

    def short_desc(self) -> str:
        return "Find articles by their words"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--limit", default="10", metavar="N", help="show so many at most (default: 10)")
        parser.add_argument("--since", metavar="DAY", help="only what the site shows under this day or a later one")
        parser.add_argument("--until", metavar="DAY", help="only what the site shows under this day or an earlier one")
        parser.add_argument("--json", action="store_true", help="tell it as JSON, for programs")

    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        limit, (since, until) = whole("--limit", opts.limit, least=1), period(vars(opts), "--")
        index = SearchIndex(self.existing_folder())
        try:
            total, hits = find(index, args, limit=limit, since=since, until=until)
            for place in index.damaged():
                complain("search", f"{place}; passed over")
        finally:
            index.close()
        if not index.kept:
            complain("search", f"{index.path}: the index could not be kept there, and was made for this search alone")
        if opts.json:
            told = [{**asdict(hit), "passage": re.sub(f"[{OPENS}{CLOSES}]", "", hit.passage)} for hit in hits]
            say(json.dumps(told, ensure_ascii=False, indent=2))
        else:
            _show(total, hits)
        return ExitCode.OK


def _show(total: int, hits: list[Hit]) -> None:
    """Writes the hits; on a terminal the words that were found stand out (rich knows what NO_COLOR asks for)."""
    from rich.console import Console  # noqa: PLC0415  costs a tenth of a second, and no other command shall pay for it
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False, soft_wrap=True)
    try:
        for hit in hits:
            console.print(Text.assemble((hit.published_on or "no day    ", "dim"), "  ", (harmless(hit.title), "bold")))
            if hit.passage:
                console.print(Text.assemble(_INDENT, *_pieces(hit.passage)))
            console.print(Text(_INDENT + harmless(hit.url), "dim"))
        console.print(f"{total} found" + (f", {len(hits)} shown; --limit shows more" if total > len(hits) else ""))
    except OSError as failure:
        raise StorageError(f"standard output: {failure.strerror}") from failure


def _pieces(passage: str) -> Iterator[tuple[str, str]]:
    """The passage on one line, in pieces with their styles: the words that were found in another one."""
    for number, piece in enumerate(re.split(f"[{OPENS}{CLOSES}]", " ".join(passage.split()))):
        yield harmless(piece), "bold green" if number % 2 else ""
