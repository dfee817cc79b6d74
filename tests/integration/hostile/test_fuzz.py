"""Thousands of damaged pages through the spider's own callbacks: none makes it raise, hang, or write what is no record.

A little crawl is played through in this process: each request that the spider gives is answered with the sample site's
page, damaged, or with another one, as another type, by another address. `VOK_TEST_FUZZ_SECONDS` says for how long.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, example, given, seed, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from scrapy import Request
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.exceptions import CloseSpider, DontCloseSpider, DropItem
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from scrapy.settings import Settings
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.misc import load_object
from twisted.python.failure import Failure

from tests.conftest import THOROUGH
from tests.support.cpu_limit import cpu_limit
from tests.support.page_mutations import mutated
from vokcrawl.errors import ExitCode
from vokcrawl.extensions.run import RunExtension
from vokcrawl.items import Url, validated
from vokcrawl.normalize import absolute_url
from vokcrawl.runs.run import Run
from vokcrawl.sample import SampleSite
from vokcrawl.spiders.vok import VokSpider

SECONDS = float(os.environ.get("VOK_TEST_FUZZ_SECONDS") or (10 if THOROUGH else 3))
SITE = "http://site.test"
STARTS = ("/article/163/", "/newstream/", "/article/156/")
TYPES = ("text/html; charset=utf-8", "text/html", "text/html; charset=euc-kr", "text/html; charset=nonsense", "",
         "application/xhtml+xml", "text/plain", "application/json", "application/rss+xml", "\xff;;=")  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "latin-1", "euc-kr")
REPLACED = (
    "", " ", "0", "-1", "{}", "null", "<", "<html>", "\x00", "<html></html>", "<div class='article-content'>",
    "<!DOCTYPE html [<!ENTITY a 'b'>]><html>&a;</html>", "<p>" * 3000, "<a href='/newstream/1600000000-7/x/'>" * 300,
    "<h1>Just a moment...</h1>", "<div class='nk-paywall-free-member-form'>", "<meta name='kcsc' content='blocking'>",
)  # fmt: skip


def sites() -> list[SampleSite]:
    made = [
        SampleSite(25, skin=skin, more=more, faults=()) for skin in ("classic", "plain") for more in ("link", "ajax")
    ]
    for site in made:
        site.base_url = SITE
    return made


class Played:
    """A real run on a folder of its own, with the real pipelines, and spiders whose requests are answered by hand."""

    def __init__(self, output: Path) -> None:
        given = Settings()
        given.setmodule("vokcrawl.settings.base", priority="project")
        ours = {"VOK_OUTPUT_DIR": str(output), "VOK_RECHECK_DAYS": "0"}
        given.update({**ours, "TWISTED_REACTOR_ENABLED": False, "EXTENSIONS": {RunExtension: 0}}, priority="cmdline")
        # Nothing is downloaded, so there is no reactor, which a crawl refuses.
        with patch("vokcrawl.spiders.vok.check_event_loop"):
            self.crawler: Crawler = AsyncCrawlerRunner(given).create_crawler(VokSpider)
        self.crawler._apply_settings()
        self.output = output
        self.answers = 0
        self.asked: list[Request] = []
        self.crawler.engine = SimpleNamespace(crawl=self.asked.append)  # type: ignore[assignment]
        self.run = Run.open(str(output), "vok", {}, self.crawler.settings)
        self.spider: VokSpider
        self.begin(SITE + "/")
        pipelines = sorted(self.crawler.settings["ITEM_PIPELINES"].items(), key=lambda each: each[1])
        self.pipelines = [load_object(path).from_crawler(self.crawler) for path, _ in pipelines]

    def begin(self, start_url: str) -> None:
        """A new spider, which remembers what the run knows."""
        self.spider = self.crawler.spider = VokSpider.from_crawler(self.crawler, start_url=start_url)
        self.spider.run = self.run

    def starts(self) -> list[Request]:
        async def all_of() -> list[Request]:
            return [each async for each in self.spider.start()]

        requests = all_of()
        try:
            requests.send(None)
        except StopIteration as done:
            return list(done.value)[-1:]
        raise AssertionError("start() waits for something")

    def take(self, given: Iterable[Any] | None) -> Iterator[Request]:
        """Passes records through the pipelines, and gives the requests on."""
        for each in given or ():
            if isinstance(each, Request):
                yield each
                continue
            try:
                for pipeline in self.pipelines:
                    each = pipeline.process_item(each)  # noqa: PLW2901
            except DropItem:
                pass

    def answer(self, request: Request, response: Response) -> list[Request]:
        """What the spider does with an answer: as the engine has it, with its errback for what is no success."""
        self.answers += 1
        passed = request.meta.get("handle_httpstatus_list", [])
        if 200 <= response.status < 300 or response.status in passed:
            return list(self.take(request.callback(response, **request.cb_kwargs)))
        failure = Failure(HttpError(response, "not a success"))
        failure.request = request  # type: ignore[attr-defined]
        return list(self.take(request.errback(failure)))

    def idle(self, busy: bool) -> list[Request]:
        """The requests that the spider gave to the engine; when nothing else is left to do, it is asked for more."""
        if not busy and not self.asked:
            with suppress(DontCloseSpider):
                self.spider.on_idle()
        asked, self.asked[:] = list(self.asked), []
        return asked

    def close(self) -> None:
        self.run.close("done", ExitCode.OK)


class _Probe:
    """Finds out what `mutated` draws."""

    strategy: st.SearchStrategy[Any]

    def draw(self, strategy: st.SearchStrategy[Any]) -> list[Any]:
        self.strategy = strategy
        return []


@dataclass(frozen=True)
class _Drawn:
    """Draws what was drawn before: what is drawn must not depend on what the run remembers."""

    drawn: Any

    def draw(self, _: st.SearchStrategy[Any]) -> Any:
        return self.drawn


mutated("", probe := _Probe())  # type: ignore[arg-type]


@dataclass(frozen=True)
class Plan:
    """How a request is answered."""

    place: int
    other: str | None
    damage: Any
    replaced: int | None
    encoding: str
    parse_size: tuple[float, bytes] | None
    kind: str
    status: int
    led_to: str | None


def seldom(strategy: st.SearchStrategy[Any], otherwise: Any = None) -> st.SearchStrategy[Any]:
    return st.one_of(*[st.just(otherwise)] * 5, strategy)


PLANS = st.builds(
    Plan,
    place=st.integers(0, 3),
    other=seldom(st.sampled_from(["/", *STARTS])),
    damage=probe.strategy,
    replaced=seldom(st.integers(0, len(REPLACED) - 1)),
    encoding=seldom(st.sampled_from(ENCODINGS), "utf-8"),
    parse_size=seldom(st.tuples(st.floats(0, 1), st.binary(max_size=20))),
    kind=seldom(st.sampled_from(TYPES), TYPES[0]),
    status=seldom(st.sampled_from([304, 404, 410, 403, 500]), 200),
    led_to=seldom(st.sampled_from(["/", "/free-member-form/", "/newstream/1600000000-7/x/", *STARTS])),
)


def planned(plan: Plan, site: SampleSite, request: Request) -> Response:
    """The site's own page, or another one of it, damaged in markup, bytes or headers."""
    target = plan.other or request.url.removeprefix(SITE)
    markup = mutated(site.answer("GET", target, {}).body.decode(), _Drawn(plan.damage))  # type: ignore[arg-type]
    body = (markup if plan.replaced is None else REPLACED[plan.replaced]).encode(plan.encoding, "replace")
    if plan.parse_size is not None:
        at = int(plan.parse_size[0] * len(body))
        body = body[:at] + plan.parse_size[1] + body[at:]
    headers = Headers({"Content-Type": plan.kind.encode("latin-1"), "ETag": '"x"'})
    url = request.url if plan.led_to is None else SITE + plan.led_to
    if plan.led_to is not None:
        request = request.replace(meta={**request.meta, "redirect_urls": [request.url]})
    made = responsetypes.from_args(headers=headers, url=url, body=body)
    return made(url, status=plan.status, headers=headers, body=body, request=request)


def play(played: Played, site: SampleSite, first: str, plans: list[Plan]) -> None:
    """One little crawl. It begins well more often than not, else there would be little of it."""
    played.begin(SITE + first)
    waiting = played.starts()
    if plans[0].place:
        plans = [replace(plans[0], other=None, replaced=None, status=200, led_to=None), *plans[1:]]
    for plan in plans:
        waiting = [*played.idle(bool(waiting)), *waiting]
        if not waiting:
            break
        request = waiting.pop(min(plan.place, len(waiting) - 1))
        try:
            waiting = [*played.answer(request, planned(plan, site, request)), *waiting][:50]
        except CloseSpider as block_page:
            assert block_page.reason.startswith("block_page_")  # noqa: PT017
            break


def records_in(output: Path, *kinds: str) -> list[dict[str, Any]]:
    files = [path for kind in kinds for path in (output / kind).glob("*.jsonl")]
    return [json.loads(line) for path in files for line in path.read_bytes().splitlines()]


def play_round(played: Played, served: list[SampleSite], number: int) -> None:
    """Many little crawls that share a memory."""
    firsts = [*STARTS, *(each["url"].removeprefix(SITE) for each in served[0].truth()["articles"][3:6])]

    @seed(number)
    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(served), st.sampled_from(firsts), st.lists(PLANS, min_size=6, max_size=12))
    def one(site: SampleSite, first: str, plans: list[Plan]) -> None:
        with cpu_limit():
            play(played, site, first, plans)

    one()
    played.close()


def test_no_page_makes_the_spider_raise_hang_or_write_an_invalid_record(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    served = sites()
    until = time.monotonic() + SECONDS
    pages = records = 0
    for number in count():
        played = Played(tmp_path / f"output-{number}")
        play_round(played, served, number)
        assert records_in(played.output, "rejected") == []
        for record in records_in(played.output, "articles", "teasers", "removals"):
            assert validated(record) == record
            assert record["url"].startswith(SITE)
            records += 1
        pages += played.answers
        if time.monotonic() > until:
            break
    request.node.user_properties.append(("fuzz test", {"pages": pages, "records": records}))
    assert records
    # One round is 40 examples of at least 6 plans, each with a page or more.
    assert pages > 40


@given(
    st.sampled_from(["http://", "https://", "//", "/", ""]), st.text(), st.sampled_from(["", "/", "/x y/", "?q", "#f"])
)
@example("http://www.v<a href='", "http://[::1/'>x</a>ok.example", "/en")
@example("http://", "site.test", "?q")
def test_an_address_that_is_taken_for_one_fits_the_records(begin: str, middle: str, end: str) -> None:
    """Else one odd link would cost its whole article."""
    url = absolute_url(f"{SITE}/newstream/", begin + middle + end)
    if url is not None:
        TypeAdapter(Url).validate_python(url)
