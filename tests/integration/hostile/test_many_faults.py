"""A crawl of 500 articles while every fifth response is faulty at random: nothing is lost or wrong."""

from __future__ import annotations

import pytest

from tests.support import faults
from tests.support.expected_records import Record, assert_same
from tests.support.faulty_server import Draw, FaultyServer, pauses_kept
from tests.support.monitored_crawls import MOST_MEMORY_KIB, MonitoredCrawl, Place, assert_on_site, watch
from vokcrawl.sample import SampleSite

ARTICLES = 500
SEED = 5
# The patience of the client is short, so that silences and drips cost little.
SETTINGS: dict[str, object] = {"DOWNLOAD_TIMEOUT": 1, "VOK_BACKOFF_SECONDS": 0.02}
PLAIN = (
    faults.too_many,
    faults.error_500,
    faults.unavailable,
    faults.reset_before,
    faults.reset_middle,
    faults.empty_reply,
    faults.length_too_long,
    faults.length_too_short,
    faults.ends_in_the_middle,
    faults.truncated_gzip,
    faults.corrupt_gzip,
    faults.no_gzip,
    faults.redirect_loop,
    faults.wrong_charset,
    faults.deeply_nested,
    faults.entity_bomb,
    faults.entity_bomb_as_html,
)
# What takes time, or memory, is drawn less often.
DEAR = (
    faults.asks(1),
    faults.asks(1, by_date=True),
    faults.asks(1, 503),
    faults.drip,
    faults.silence,
    faults.huge,
    faults.huge_unannounced,
    faults.bomb,
)
FOR_EVERY_DEAR_ONE = 3


def drawn(server: FaultyServer, other: FaultyServer) -> Draw:
    elsewhere = (faults.leads_to(other.url), faults.leads_to(server.url.replace("127.0.0.1", "localhost")))
    return Draw((*(*PLAIN, *elsewhere) * FOR_EVERY_DEAR_ONE, *DEAR), 0.2, SEED)


def nothing_invented(teasers: list[Record], truth: list[Record]) -> bool:
    """Whether all fields are the truth. What only a failed page could have said of a teaser may be unknown."""
    true = {each["id"]: each for each in truth}
    open_ones = {"title", "source", "language"}
    return all(
        each[name] == value or (name in open_ones and each[name] is None)
        for each in teasers
        for name, value in true[each["id"]].items()
    )


@pytest.mark.thorough
def test_everything_is_delivered_once_although_every_fifth_response_is_faulty(place: Place) -> None:
    with FaultyServer(SampleSite(ARTICLES, faults=())) as server, FaultyServer(SampleSite(1)) as other:
        server.draw = drawn(server, other)
        runs: list[MonitoredCrawl] = []
        while len(runs) < 3 and (not runs or runs[-1].code != 0):
            runs.append(watch(f"{server.url}/article/163/", place, SETTINGS))
        last, truth = runs[-1], server.site.truth()
        assert last.code == 0, [run.errors for run in runs]
        assert_same(last.articles(), truth["articles"])
        assert sorted(each["id"] for each in last.teasers()) == sorted(each["id"] for each in truth["teasers"])
        assert nothing_invented(last.teasers(), truth["teasers"])
        assert last.rejected() == last.removals() == []

        bad = [each for each in server.requests if each.fault is not None]
        assert len(bad) > 0.15 * len(server.requests)
        assert len({each.fault for each in bad}) == len({*PLAIN, *DEAR}) + 1
        assert len(server.refusals) >= 3
        assert pauses_kept(server, 0.5) == []
        assert max(run.memory for run in runs) < MOST_MEMORY_KIB
        assert_on_site(server)
        assert other.requests == []
