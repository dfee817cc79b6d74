"""Every kind of faulty response: the run continues, the fault is named, and all other records are correct.

Two crawls meet all faults, each at an article of its own: one crawl meets each once, the other one always.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import faults
from tests.support.expected_records import assert_same
from tests.support.faulty_server import Fault, FaultyServer
from tests.support.monitored_crawls import (
    MOST_MEMORY_KIB,
    MonitoredCrawl,
    Place,
    assert_on_site,
    assert_rest_whole,
    ids,
    watch,
)
from vokcrawl.sample import SampleSite

ARTICLES = 45


@dataclass(frozen=True)
class Case:
    """A fault, the name under which it is counted when it does not end, and whether it is asked again at once."""

    fault: Fault
    reason: str
    again: bool = True


CASES = {
    "a 429 that names no time": Case(faults.too_many, "http_429"),
    "an error 500": Case(faults.error_500, "http_500"),
    "a 503": Case(faults.unavailable, "http_503"),
    "a reset before the first byte": Case(faults.reset_before, "connection"),
    "a reset in the middle of the body": Case(faults.reset_middle, "cut_off"),
    "an empty reply": Case(faults.empty_reply, "connection"),
    "an endless drip": Case(faults.drip, "timeout"),
    "a minute of silence": Case(faults.silence, "timeout"),
    "a length that is too long": Case(faults.length_too_long, "cut_off"),
    "a length that is too short": Case(faults.length_too_short, "cut_off"),
    "a page that ends in the middle": Case(faults.ends_in_the_middle, "cut_off"),
    "gzip without its end": Case(faults.truncated_gzip, "cut_off"),
    "gzip with bytes turned over": Case(faults.corrupt_gzip, "corrupt"),
    "gzip that is none": Case(faults.no_gzip, "corrupt"),
    "a redirect loop": Case(faults.redirect_loop, "redirect_loop"),
    "a page of fifty megabytes": Case(faults.huge, "too_large", again=False),
    "fifty megabytes unannounced": Case(faults.huge_unannounced, "too_large", again=False),
    "a decompression bomb": Case(faults.bomb, "too_large", again=False),
    "deeply nested markup": Case(faults.deeply_nested, "chrome_only"),
    "a feed with an entity bomb": Case(faults.entity_bomb, "not_html", again=False),
    "an entity bomb that is called a page": Case(faults.entity_bomb_as_html, "chrome_only"),
}
# These lead elsewhere; what they are is known when the servers are there.
ELSEWHERE = {"a redirect to another port": "port", "a redirect to another host": "host"}
HARMLESS = {"gzip in two members": faults.good_gzip, "a wrong charset": faults.wrong_charset}
# In this order each refusal has good answers around it, so that they are no row of refusals.
NAMES = sorted([*CASES, *ELSEWHERE, *HARMLESS], key=lambda name: (len(name) * 7 + ord(name[-1])) % 11)


@dataclass(frozen=True)
class Met:
    """What a crawl has left, and where it met which fault. `elsewhere` are requests to the server beside the site's."""

    runs: list[MonitoredCrawl]
    server: FaultyServer
    elsewhere: int
    at: dict[str, str]

    def pending_retries(self, run: int = 0) -> dict[str, tuple[str, str]]:
        """The pending retries after a run: reason and URL by id."""
        manifest = self.runs[run].manifests()[run]
        return {each["id"]: (each["reason"], each["url"]) for each in manifest["pending_retries"]}


@contextmanager
def meeting(times: int) -> Iterator[tuple[FaultyServer, FaultyServer, dict[str, str]]]:
    """A site whose articles are damaged, each in its own way, so many times; and a server that must not be asked."""
    with FaultyServer(SampleSite(ARTICLES, faults=())) as server, FaultyServer(SampleSite(1)) as other:
        places = {"port": other.url, "host": server.url.replace("127.0.0.1", "localhost")}
        given = {name: case.fault for name, case in CASES.items()} | HARMLESS
        given |= {name: faults.leads_to(places[where]) for name, where in ELSEWHERE.items()}
        at = dict(zip(NAMES, ids(server)[2:], strict=False))
        for name, fault in given.items():
            server.inflict(at[name], fault, times)
        yield server, other, at


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Met:
    place = Place.inside(tmp_path_factory.mktemp("once"))
    with meeting(1) as (server, other, at):
        runs = [watch(f"{server.url}/article/163/", place) for _ in range(2)]
        return Met(runs, server, len(other.requests), at)


@pytest.fixture(scope="module")
def always(tmp_path_factory: pytest.TempPathFactory) -> Met:
    place = Place.inside(tmp_path_factory.mktemp("always"))
    with meeting(-1) as (server, other, at):
        done = watch(f"{server.url}/article/163/", place, {"RETRY_TIMES": 1})
        return Met([done], server, len(other.requests), at)


@pytest.mark.parametrize("name", [*CASES, *ELSEWHERE])
def test_a_permanent_fault_is_named_and_its_article_is_retried_at_its_own_url(name: str, always: Met) -> None:
    reason, again = (CASES[name].reason, CASES[name].again) if name in CASES else ("offsite", False)
    identity = always.at[name]
    pending = always.pending_retries()
    assert pending[identity][0] == reason
    (url,) = {each["url"] for each in always.server.site.truth()["articles"] if each["id"] == identity}
    assert pending[identity][1] == url
    same = [each for each in pending.values() if each[0] == reason]
    assert always.runs[0].errors[f"article_{reason}"] == len(same)
    assert len(always.server.of(identity)) >= 1 + again
    assert identity not in {each["id"] for each in always.runs[0].articles()}


def test_faults_that_do_not_end_cost_only_their_own_articles(always: Met) -> None:
    (done,) = always.runs
    assert (done.code, done.manifest["outcome"]) == (10, "incomplete"), done.stderr
    assert_rest_whole(done, always.server, {always.at[name] for name in [*CASES, *ELSEWHERE]})
    assert set(always.pending_retries()) == {always.at[name] for name in [*CASES, *ELSEWHERE]}


def test_faults_that_end_cost_nothing_in_the_end(once: Met) -> None:
    first, second = once.runs
    late = {once.at[name] for name in [*(name for name, case in CASES.items() if not case.again), *ELSEWHERE]}
    assert set(once.pending_retries()) == late
    assert first.code == 10, first.stderr
    assert second.code == 0, second.stderr
    assert_rest_whole(second, once.server, unsaid=late)
    assert once.pending_retries(1) == {}


def test_what_is_only_odd_is_read_as_what_it_is(once: Met) -> None:
    first = once.runs[0]
    assert first.manifests()[0]["errors"]["wrong_charset"]["count"] == 1
    wanted = [each for each in once.server.site.truth()["articles"] if each["id"] in {once.at[n] for n in HARMLESS}]
    assert_same([each for each in first.articles() if each["id"] in {once.at[name] for name in HARMLESS}], wanted)


@pytest.mark.parametrize("which", ["once", "always"])
def test_no_fault_leads_to_another_host_or_costs_much_memory(which: str, request: pytest.FixtureRequest) -> None:
    met: Met = request.getfixturevalue(which)
    assert_on_site(met.server)
    assert met.elsewhere == 0
    assert max(run.memory for run in met.runs) < MOST_MEMORY_KIB
    for run in met.runs:
        assert "Traceback" not in run.stderr


def injected(server: FaultyServer) -> list[str]:
    return [each.target for each in server.requests if {"X-Injected", "Cookie"} & each.headers.keys()]


@pytest.mark.parametrize("fault", [faults.header_injection, faults.header_injection_raw, faults.path_traversal])
def test_an_address_with_a_trap_in_it_stays_an_address(fault: Fault, place: Place) -> None:
    with FaultyServer(SampleSite(12, faults=())) as server:
        trap, wanted = ids(server)[4], server.site.truth()["articles"]
        server.inflict(trap, fault, 1)
        done = watch(f"{server.url}/article/163/", place)
        assert done.code == 0, done.stderr
        # The site led there and answered: the address is its word, and all the rest is as it would have been.
        (found,) = (each for each in done.articles() if each["id"] == trap)
        assert found["url"].startswith(f"{server.url}/newstream/{trap}/")
        plain = [each | {"url": ""} if each["id"] == trap else each for each in done.articles()]
        assert_same(plain, [each | {"url": ""} if each["id"] == trap else each for each in wanted])
        assert injected(server) == []
        assert_on_site(server)


def test_a_listing_whose_links_climb_out_of_folders_makes_no_file_there(place: Place) -> None:
    climbing = Path("..", "..", "..", "..", "..", "..", "climbed")
    with FaultyServer(SampleSite(12, faults=())) as server:
        links = [
            f"/newstream/1549700000-4711/{climbing}/",
            "/newstream/1549700000-4712/..%2f..%2f..%2f..%2fclimbed/",
            "/newstream/1549700000-4713/..\\..\\climbed/",
        ]
        items = "".join(
            f'<article class="clearfix"><div class="article-desc"><h4><a href="{link}">Choir sings</a></h4>'
            '<p>The choir</p><p class="articled-date">February 09, 2019</p><p>The choir</p></div></article>'
            for link in links
        )

        async def with_traps(exchange: faults.Exchange) -> None:
            status, headers, body = exchange.answer()
            kept = [(name, value) for name, value in headers if name != "Content-Length"]
            await exchange.send(status, kept, body.replace(b"</article>\n", b"</article>\n" + items.encode(), 1))

        server.inflict("/article/163/", with_traps)
        done = watch(f"{server.url}/article/163/", place)
        truth = server.site.truth()
        assert done.code == 0, done.stderr
        assert_same(done.articles(), truth["articles"])
        known = {each["id"] for each in truth["teasers"]}
        assert_same([each for each in done.teasers() if each["id"] in known], truth["teasers"])
        assert all(each["url"].startswith(f"{server.url}/") for each in done.teasers())
        assert done.rejected() == []
        assert_on_site(server)
