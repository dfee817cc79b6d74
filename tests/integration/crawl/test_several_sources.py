"""Other sources of the same site, and several crawls in one process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import web

from tests.support.children import ROOT, run
from tests.support.crawling import Crawl, environment
from tests.support.expected_records import assert_same
from vokcrawl.sample import SampleServer, SampleSite
from vokcrawl.sample.server import SeenRequest
from vokcrawl.sample.sources import (
    KCNA_ENGLISH,
    KCNA_KOREAN,
    PYONGYANG_TIMES,
    RODONG_KOREAN,
    VOK_KOREAN,
    WANTED,
    SampleSource,
)
from vokcrawl.storage.output_folder import OutputFolder

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

OTHERS = [VOK_KOREAN, KCNA_ENGLISH, KCNA_KOREAN, RODONG_KOREAN, PYONGYANG_TIMES]
# One at a time, and never less than so many seconds apart.
DELAY = 0.3
GENTLE = {
    "CONCURRENT_REQUESTS": 1,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_DELAY": DELAY,
    "DOWNLOAD_DELAY_JITTER": 0,
    "VOK_RESCAN_HOURS": 1_000_000,
}
# The clock that is kept is the sender's; on the way to the server a request may be a little late, and the next not.
LATENCY = 0.15


def assert_delivered(crawl: Crawl, server: SampleServer, source: SampleSource) -> None:
    """All of the source's articles and teasers, each once, in the language that its name says."""
    truth = server.site.truth(source)
    for records, wanted in ((crawl.articles(), truth["articles"]), (crawl.teasers(), truth["teasers"])):
        assert_same(records, wanted)
    assert crawl.rejected() == []


@pytest.mark.parametrize("source", OTHERS, ids=lambda source: source.name)
def test_another_source_is_found_on_the_stream_and_delivered_in_its_language(
    source: SampleSource, crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(20, others=60)
    done = crawl(f"{server.url}/newstream/", output, settings={"VOK_SOURCE": source.name})
    assert done.code == 0, done.stderr
    assert_delivered(done, server, source)
    # A name without a language leaves it unknown.
    assert {each["language"] for each in done.articles()} == {source.named_language}
    assert len(done.articles()) >= 5


def side_by_side(
    server: SampleServer,
    folders: Mapping[SampleSource, Path],
    settings: Mapping[str, object] | None = None,
    start: str = "/newstream/",
) -> Crawl:
    """Runs `scrapy sources` to its end."""
    pairs = [f"{source.name}={folder}" for source, folder in folders.items()]
    given = {"VOK_START_URLS": server.url + start, **(settings or {})}
    words = [part for name, value in given.items() for part in ("-s", f"{name}={value}")]
    done = run([sys.executable, "-m", "scrapy", "sources", *pairs, *words], env=environment(), timeout=120)
    assert "Traceback" not in done.stderr, done.stderr
    return Crawl(done.returncode, done.stdout, done.stderr, ROOT)


def of(folder: Path) -> Crawl:
    return Crawl(0, "", "", folder)


def gaps(requests: list[SeenRequest]) -> list[float]:
    return [after.at - before.at for before, after in pairwise(requests)]


@pytest.mark.thorough
def test_two_sources_in_one_process_do_not_disturb_each_other_and_together_keep_the_delay(
    serve: Serving, tmp_path: Path
) -> None:
    server = serve(12, others=45)
    folders = {WANTED: tmp_path / "vok", KCNA_KOREAN: tmp_path / "kcna"}
    done = side_by_side(server, folders, GENTLE)
    assert done.code == 0, done.stderr
    assert_delivered(of(folders[WANTED]), server, WANTED)
    assert_delivered(of(folders[KCNA_KOREAN]), server, KCNA_KOREAN)
    for folder in folders.values():
        assert of(folder).manifest["exit_code"] == 0
    # Robots.txt is asked for by each; then both are under way at once, and nothing comes sooner than it may.
    assert len(server.requests) > 25
    assert min(gaps(server.requests)) >= DELAY - LATENCY, sorted(gaps(server.requests))[:5]


class SlowServer(SampleServer):
    """Takes its time with each answer, and counts how many it is asked for at the same time."""

    pending = most = 0

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        self.pending += 1
        self.most = max(self.most, self.pending)
        answer = await super()._handle(request)
        await asyncio.sleep(0.3)
        self.pending -= 1
        return answer


@pytest.mark.thorough
def test_two_sources_ask_a_slow_site_for_one_page_at_a_time_and_take_turns(tmp_path: Path) -> None:
    site = SampleSite(12, others=45, faults=())
    folders = {WANTED: tmp_path / "vok", KCNA_KOREAN: tmp_path / "kcna"}
    with SlowServer(site) as server:
        done = side_by_side(server, folders, {**GENTLE, "DOWNLOAD_DELAY": 0.05})
    assert done.code == 0, done.stderr
    assert server.most == 1
    turns = whose(server)
    assert len(turns) >= 20
    # Between articles each asks for listings, too; but none has so many turns in a row while the other has some left.
    both = turns[: min(turns.rindex("a"), turns.rindex("b"))]
    assert "a" * 8 not in both, turns
    assert "b" * 8 not in both, turns


def whose(server: SampleServer) -> str:
    """The articles that were asked for, in order: `a` is one of the first source, `b` one of the other."""
    theirs = {article["id"] for article in server.site.truth(KCNA_KOREAN)["articles"]}
    articles = [each.target.split("/")[2] for each in server.requests if each.target.startswith("/newstream/1")]
    return "".join("b" if identity in theirs else "a" for identity in articles)


@pytest.mark.thorough
def test_a_refusal_of_one_is_a_pause_of_both(serve: Serving, tmp_path: Path) -> None:
    server = serve(12, others=45)
    refused = server.site.truth(KCNA_KOREAN)["articles"][3]["id"]
    server.site.fail(refused, 429, retry_after=2)
    folders = {WANTED: tmp_path / "vok", KCNA_KOREAN: tmp_path / "kcna"}
    done = side_by_side(server, folders, {**GENTLE, "DOWNLOAD_DELAY": 0.1})
    assert done.code == 0, done.stderr
    (at,) = [index for index, request in enumerate(server.requests) if request.status == 429]
    after = server.requests[at + 1 :]
    assert after[0].at - server.requests[at].at >= 2 - LATENCY
    assert len(after) >= 5
    assert_delivered(of(folders[WANTED]), server, WANTED)
    assert_delivered(of(folders[KCNA_KOREAN]), server, KCNA_KOREAN)


def test_what_becomes_of_one_is_no_concern_of_the_other(serve: Serving, tmp_path: Path) -> None:
    server = serve(8, others=30)
    folders = {WANTED: tmp_path / "vok", KCNA_KOREAN: tmp_path / "kcna"}
    held = OutputFolder(folders[WANTED])
    held.take("a test")
    try:
        done = side_by_side(server, folders)
    finally:
        held.release()
    assert done.code == 13
    assert f"scrapy sources: {WANTED.name}: {folders[WANTED]}: another run holds this output directory" in done.stderr
    assert_delivered(of(folders[KCNA_KOREAN]), server, KCNA_KOREAN)
    # Two crawls of one process cannot have one folder either.
    twice = {WANTED: tmp_path / "same", KCNA_KOREAN: tmp_path / "here" / ".." / "same"}
    (tmp_path / "here").mkdir()
    done = side_by_side(server, twice)
    assert done.code == 13
    assert (tmp_path / "same" / "health.json").exists()


@pytest.mark.parametrize("words", [[], ["KCNA (Kr)"], ["=output"], ["A=same", "B=same"], ["A="]])
def test_what_is_not_a_source_with_its_folder_is_refused(words: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scrapy", "sources", *words]
    done = run(command, env=environment())
    assert done.returncode == 2
    last = done.stderr.strip().splitlines()[-1]
    assert "SOURCE=DIR" in last or "is not like" in last
