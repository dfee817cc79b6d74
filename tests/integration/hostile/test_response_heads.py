"""Answers with odd heads: what browsers accept is accepted, what cannot be read is named and is no refusal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.support.crawling import Crawl
from tests.support.expected_records import assert_same, assert_whole
from tests.support.faulty_server import Exchange, Fault, FaultyServer
from vokcrawl.sample import SampleSite

Crawling = Callable[..., Crawl]

LISTING = "/article/163/"
# A pause would be seen: it would last longer than the test may.
SETTINGS = {"VOK_BACKOFF_SECONDS": 600, "RETRY_TIMES": 1}


def with_lines(lines: Sequence[bytes]) -> Fault:
    """The site's own answer with more lines in its head."""

    async def fault(exchange: Exchange) -> None:
        status, headers, body = exchange.answer()
        own = [f"{name}: {value}".encode("latin-1") for name, value in headers]
        await exchange.write(b"\r\n".join([b"HTTP/1.1 %d OK" % status, *lines, *own, b"", body]))

    return fault


ACCEPTED = {
    "a line of 60 KiB": [b"Content-Security-Policy: default-src " + b"https://a.example " * 3400],
    "a name with a space": [b"X Powered By: nobody"],
    "a name with a bracket": [b"X-Cache(edge): HIT"],
    "a name in UTF-8": ["X-Größe: 1".encode()],
    "an empty name": [b": nothing"],
    "a line without a colon": [b"nothing at all"],
    "a space before the colon": [b"X-Cache : HIT"],
}


@pytest.mark.parametrize("archive", [1, 0], ids=["archived", "not archived"])
def test_heads_that_browsers_accept_are_accepted(archive: int, crawl: Crawling, output: Path) -> None:
    with FaultyServer(SampleSite(12, faults=())) as server:
        ids = [each["id"] for each in server.site.truth()["articles"]]
        for identity, lines in zip(ids, ACCEPTED.values(), strict=False):
            server.inflict(identity, with_lines(lines), -1)
        server.inflict(LISTING, with_lines([line for lines in ACCEPTED.values() for line in lines]), -1)
        done = crawl(server.url + LISTING, output, settings={**SETTINGS, "VOK_ARCHIVE": archive})
        assert done.code == 0, done.stderr
        assert_whole(done, server.site)


UNREADABLE = {
    "HeaderLineTooLong": [b"Content-Security-Policy: " + b"x" * 70_000],
    "KeyError": [b"Transfer-Encoding: unheard-of"],
    "ValueError": [b"Content-Length: ten"],
}


def test_heads_that_cannot_be_read_are_named_by_what_was_wrong_and_lead_to_no_pause(
    crawl: Crawling, output: Path
) -> None:
    with FaultyServer(SampleSite(12, faults=())) as server:
        articles = server.site.truth()["articles"]
        for each, lines in zip(articles, UNREADABLE.values(), strict=False):
            server.inflict(each["id"], with_lines(lines), -1)
        done = crawl(server.url + LISTING, output, settings=SETTINGS)
        assert done.code == 10, done.stderr
        assert {name: done.errors[f"article_{name}"] for name in UNREADABLE} == dict.fromkeys(UNREADABLE, 1)
        assert_same(done.articles(), articles[len(UNREADABLE) :])
