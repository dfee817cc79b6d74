"""Part `answers`: how long `search`, `show` and the pages of `browse` take on a large archive.

The archive has fifty times as many articles as the site of the other parts; half of them are in Korean. Start-up is not
included: everything runs in one process, each answer with a connection of its own. CPU time is measured, which other
programs on the machine change less.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from time import process_time
from urllib.parse import urlencode

import httpx
import orjson

from benchmarks.archives import ArchiveSize, make_archive
from benchmarks.children import BenchmarkError
from benchmarks.results import Measured, Result, Target
from vokcrawl.browse.database import BrowseDatabase
from vokcrawl.browse.pages import Pages
from vokcrawl.browse.queries import PAGE_SIZE
from vokcrawl.browse.server import HOST, Site
from vokcrawl.normalize import content_hash
from vokcrawl.reporting.article_history import history_of
from vokcrawl.search.index import SearchIndex
from vokcrawl.search.query import find
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.record_files import read_kind

TIMES, RUNS, PORT = 50, 200, 8001
MS = "CPU ms"
SEARCH_BOUND, PAGE_BOUND = "50 ms: the goal of a search", "300 ms: the goal of a page"
BOUNDS = {SEARCH_BOUND: 50.0, PAGE_BOUND: 300.0}
QUERIES: Mapping[str, Sequence[str]] = {
    "a word of every article": ["the"],
    "a word of some articles": ["pullover"],
    "two words": ["factory", "pullover"],
    "a phrase": ["the road to"],
    "a rare phrase": ["Ryu Kang San"],
    "a prefix": ["pullo*"],
    "a prefix of every article": ["t*"],
    "NOT": ["factory", "NOT", "pullover"],
    "OR": ["pullover", "OR", "평양"],
    "title:": ["title:factory"],
    "source:": ["source:Voice of Korea"],
    "one Korean character": ["평"],
    "one frequent Korean character": ["의"],
    "two Korean characters": ["평양"],
    "a Korean word": ["김정은동지"],
    "a Korean phrase": ["김정은동지 평양"],
    "Korean and English": ["평양", "factory"],
    "a word that is nowhere": ["zyzzyva"],
}
DAYS = {"since": "2010-01-01", "until": "2010-12-31"}


def measure_answers(folder: Path, articles: int, rounds: int) -> Result:
    """Search, show and browse an archive, `rounds` times each, after a first time that is not counted."""
    output = folder / "output"
    make_archive(output, ArchiveSize(TIMES * articles, min(RUNS, TIMES * articles)))
    _translate_half(output, random.Random(1))
    found = OutputFolder(output)
    database = BrowseDatabase(found, folder)
    database.refresh()
    with _browse(found, database) as get:
        identity = next(line.record["id"] for line in read_kind(found, "articles") if line.record is not None)
        things = {f"search: {name}": _search(found, words) for name, words in QUERIES.items()}
        for name in ("title:", "a Korean word"):
            things[f"search: days, {name}"] = _search(found, QUERIES[name], **DAYS)
        things["show"] = lambda: history_of(found, identity)
        paths = _paths(identity, TIMES * articles // PAGE_SIZE)
        things |= {f"browse: {name}": _page(get, path) for name, path in paths.items()}
        measured = [Measured(name, {MS: _times(answer, rounds)}) for name, answer in things.items()]
    bounds = [Measured(name, {MS: [bound] * rounds}) for name, bound in BOUNDS.items()]
    targets = [
        Target(each.name, each.name, MS, 1.0, against=PAGE_BOUND if each.name.startswith("browse") else SEARCH_BOUND)
        for each in measured
        if each.name != "show"
    ]
    return Result("answers", f"an archive of {TIMES * articles} articles", [*measured, *bounds], targets=targets)


def _times(answer: Callable[[], object], rounds: int) -> list[float]:
    answer()
    times = []
    for _ in range(rounds):
        start = process_time()
        answer()
        times.append(1000 * (process_time() - start))
    return times


def _search(folder: OutputFolder, words: Sequence[str], **days: str) -> Callable[[], object]:
    def answer() -> object:
        with closing(SearchIndex(folder)) as index:
            return find(index, words, limit=10, **days)  # type: ignore[arg-type]

    return answer


def _paths(identity: str, pages: int) -> dict[str, str]:
    searched = {name: f"/search?{urlencode({'q': ' '.join(words)})}" for name, words in _BROWSED.items()}
    return {
        "first page": "/",
        "last page": f"/?page={pages}",
        "a month": "/?month=2010-05",
        "edited": "/?edited=yes",
        "an article": f"/article/{identity}",
        "runs": "/runs",
        **{f"search, {name}": path for name, path in searched.items()},
    }


_BROWSED = {name: QUERIES[name] for name in ("a word of every article", "two words", "a Korean word", "a prefix")}


def _page(get: Callable[[str], httpx.Response], path: str) -> Callable[[], object]:
    def answer() -> object:
        response = get(path)
        if response.status_code != 200:
            raise BenchmarkError(f"{path}: {response.status_code}")
        return response.content

    return answer


@contextmanager
def _browse(folder: OutputFolder, database: BrowseDatabase) -> Iterator[Callable[[str], httpx.Response]]:
    """Yield a function that requests a page of `scrapy browse`, without a network."""
    site = Site(database, Pages(folder, "The archive"))
    site.publish()
    transport = httpx.ASGITransport(app=site.application(PORT))
    client = httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}:{PORT}")
    try:
        with asyncio.Runner() as runner:
            yield lambda path: runner.run(client.get(path))
            runner.run(client.aclose())
    finally:
        site.close()


def _translate_half(output: Path, rng: random.Random) -> None:
    """Replace every other article by one in invented Korean, of which some words are frequent, as in real texts."""
    syllables = [chr(code) for code in range(0xAC00, 0xD7A4, 23)]
    words = ["평양", "의", "김정은동지", *("".join(rng.choices(syllables, k=rng.randint(2, 5))) for _ in range(8_000))]
    weights = [1 / (place + 10) for place in range(len(words))]

    def text(length: int) -> str:
        return " ".join(rng.choices(words, weights, k=length))

    for path in sorted((output / "articles").glob("*.jsonl")):
        lines = path.read_bytes().splitlines(keepends=True)
        for number in range(0, len(lines), 2):
            record = orjson.loads(lines[number])
            record |= {"title": text(8), "body": text(150), "language": "ko"}
            record["content_hash"] = content_hash(record["title"], record["body"])
            lines[number] = orjson.dumps(record) + b"\n"
        path.write_bytes(b"".join(lines))
