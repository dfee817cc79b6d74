"""The archive contains every response, byte for byte, without cookies and credentials."""

from __future__ import annotations

import gzip
import json
import re
import ssl
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from tests.support.archive_reader import WarcRecord, archive, assert_places_hold, at, pairs, sent
from tests.support.commands import ALWAYS, T0
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_whole
from tests.support.recording_server import Dress, RecordingServer, message, plainly
from vokcrawl.sample import Answer, SampleSite

Crawling = Callable[..., Crawl]


def oddly(_: str, answer: Answer) -> bytes:
    """Headers that repeat, in odd spellings and an odd order, and a line that is none; the body is left as it is."""
    more = ["x-TWICE: one", "ETAG:   none", "X-Twice:two", "no header at all", "x-latin: caf\xe9", "X-Folded: a", "  b"]
    return message(answer.status, answer.headers[::-1], answer.body, *more)


def in_chunks(_: str, answer: Answer) -> bytes:
    if answer.status == 304 or not answer.body:
        return plainly(_, answer)
    headers = [each for each in answer.headers if each[0].lower() != "content-length"]
    sizes = [5, 1, 700, len(answer.body)]
    body, rest = b"", answer.body
    for size in sizes:
        piece, rest = rest[:size], rest[size:]
        body += b"%X;odd=yes\r\n%b\r\n" % (len(piece), piece) if piece else b""
    return message(answer.status, headers, body + b"0\r\n\r\n", "Transfer-Encoding: chunked")


def packed(_: str, answer: Answer) -> bytes:
    if answer.status == 304:
        return plainly(_, answer)
    headers = [each for each in answer.headers if each[0].lower() != "content-length"]
    return message(answer.status, headers, gzip.compress(answer.body, mtime=0), "Content-Encoding: gzip")


def merge_chunks(answer: bytes) -> bytes:
    """An answer as it came, but for chunks: those are one, below the same head."""
    head, empty, body = answer.partition(b"\r\n\r\n")
    if b"Transfer-Encoding: chunked" not in head:
        return answer
    whole = b"".join(re.findall(rb"[0-9A-F]+;odd=yes\r\n(.*?)\r\n(?=[0-9A-F]+;odd|0\r\n\r\n)", body, re.DOTALL))
    return head + empty + b"%x\r\n%b\r\n0\r\n\r\n" % (len(whole), whole)


def assert_all_kept(server: RecordingServer, output: Path) -> list[tuple[WarcRecord, WarcRecord]]:
    """What went over the wire is what the archive holds, exchange for exchange and, but for chunks, byte for byte."""
    found = pairs(archive(output))
    kept = Counter((asked.block, sent(output, answer)) for answer, asked in found)
    assert kept == Counter((each.request, merge_chunks(each.answer)) for each in server.exchanged)
    for answer, asked in found:
        target = asked.block.split(b" ")[1].decode()
        assert answer.url == asked.url == server.url + target
    return found


@pytest.mark.parametrize("dress", [plainly, oddly, in_chunks, packed], ids=lambda dress: dress.__name__)
def test_every_answer_and_every_request_is_kept_byte_for_byte(crawl: Crawling, output: Path, dress: Dress) -> None:
    """The site asks to wait once (429), shows a listing in an article's place, an article without a text, and more."""
    site = SampleSite(25)
    with RecordingServer(site, dress) as server:
        done = crawl(f"{server.url}/article/163/", output)
        assert done.code == 0, done.stderr
        assert_whole(done, site)
        found = assert_all_kept(server, output)
    assert {answer.block.split(b" ")[1] for answer, _ in found} == {b"200", b"429"}
    assert server.url + "/robots.txt" in {answer.url for answer, _ in found}
    assert_places_hold(output, done.articles())


def test_what_came_over_tls_is_kept_as_the_site_sent_it(crawl: Crawling, output: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with RecordingServer(SampleSite(4, faults=()), oddly, context) as server:
        refused = crawl(f"{server.url}/article/163/", output, settings={"RETRY_TIMES": 0, "VOK_BACKOFF_SECONDS": 0})
        assert (refused.code, server.exchanged) == (14, [])
        done = crawl(f"{server.url}/article/163/", output, settings={"DOWNLOAD_VERIFY_CERTIFICATES": False})
        assert done.code == 0, done.stderr
        assert all(answer.url.startswith("https://") for answer, _ in assert_all_kept(server, output))
    assert_places_hold(output, done.articles())


def test_304s_404s_and_redirects_are_kept_and_an_unchanged_body_is_referred_to_across_runs(
    crawl: Crawling, output: Path
) -> None:
    site = SampleSite(12, faults=())
    ids = [each["id"] for each in site.truth()["articles"]]
    moved, plain = ids[3], ids[4]

    def dress(target: str, answer: Answer) -> bytes:
        if moved in target and "?" not in target:
            return message(301, [("Location", f"{target}?now=here#top"), ("Content-Length", "0")], b"")
        # Without validators the same page comes whole again.
        headers = [each for each in answer.headers if plain not in target or each[0] not in ("ETag", "Last-Modified")]
        return message(answer.status, headers, answer.body)

    with RecordingServer(site, dress) as server:
        first = crawl(f"{server.url}/article/163/", output, settings=ALWAYS)
        assert first.code == 0, first.stderr
        assert_places_hold(output, first.articles())
        assert crawl(f"{server.url}/article/163/", output, settings=ALWAYS).code == 0
        site.remove(ids[5])
        assert crawl(f"{server.url}/article/163/", output, settings=ALWAYS).code == 0
        found = assert_all_kept(server, output)
    assert {answer.block.split(b" ")[1] for answer, _ in found} >= {b"200", b"301", b"304", b"404"}
    revisits = [answer.url for answer, _ in found if answer.kind == "revisit"]
    assert any(plain in url for url in revisits)
    # An empty body, as that of a redirect or a 304, is not worth a reference.
    assert not any(moved in url and "?" not in url for url in revisits)
    (redirected,) = (each for each in first.articles() if each["id"] == moved)
    assert at(output, redirected["archived_as"]).url == f"{redirected['url']}?now=here"


def test_an_article_that_comes_back_as_it_was_leads_to_a_revisit(crawl: Crawling, output: Path) -> None:
    site = SampleSite(5, faults=())
    back = site.truth()["articles"][2]["id"]
    gone = [False]

    def dress(target: str, answer: Answer) -> bytes:
        if back in target and gone[0]:
            return message(404, [], b"gone")
        headers = [each for each in answer.headers if each[0] not in ("ETag", "Last-Modified")]
        return message(answer.status, headers, answer.body)

    with RecordingServer(site, dress) as server:
        for day, is_gone in enumerate((False, True, True, False)):
            gone[0] = is_gone
            done = crawl(f"{server.url}/article/163/", output, settings=ALWAYS, at=T0 + timedelta(days=2 * day))
            assert done.code == 0, done.stderr
        assert_all_kept(server, output)
    (returned,) = (each for each in done.articles() if each["revision"] == 2)
    assert returned["id"] == back
    assert at(output, returned["archived_as"]).kind == "revisit"
    assert_places_hold(output, done.articles())


def test_each_archive_file_of_a_run_begins_with_a_warcinfo_record(crawl: Crawling, output: Path) -> None:
    with RecordingServer(SampleSite(25, faults=())) as server:
        done = crawl(f"{server.url}/article/163/", output, settings={"VOK_ARCHIVE_SIZE": "0.03"})
        assert done.code == 0, done.stderr
        assert_all_kept(server, output)
    run_id = done.manifest["run_id"]
    files = [each for each in done.manifest["files"] if each["path"].startswith("archive/")]
    assert len(files) > 2
    assert files[0]["path"] == f"archive/{run_id}.warc.gz"
    assert files[1]["path"] == f"archive/{run_id}.00002.warc.gz"
    assert all(30_000 <= each["bytes"] < 60_000 for each in files[:-1])
    for each in files:
        records = [rec for rec in archive(output) if rec.file == each["path"].removeprefix("archive/")]
        assert len(records) == each["records"]
        info = records[0]
        assert (info.kind, info.headers["warc-filename"]) == ("warcinfo", info.file)
        result = dict(line.split(": ", 1) for line in info.block.decode().splitlines())
        assert re.match(r"vokcrawl/\S+ Scrapy/\S+", result["software"])
        assert result["isPartOf"] == f"run {run_id}"
        assert json.loads(result["settings"])["VOK_ARCHIVE_SIZE"] == "0.03"
        assert [rec.kind for rec in records[1:]].count("warcinfo") == 0
    assert_places_hold(output, done.articles())
    assert len({article["archived_as"]["file"] for article in done.articles()}) > 2


def test_without_an_archive_nothing_of_it_is_there(crawl: Crawling, output: Path) -> None:
    with RecordingServer(SampleSite(5, faults=())) as server:
        done = crawl(f"{server.url}/article/163/", output, env={"VOK_ARCHIVE": "0"})
    assert done.code == 0, done.stderr
    assert {each["archived_as"] for each in done.articles()} == {None}
    assert not (output / "archive").exists()
    assert all("archive" not in each["path"] for each in done.manifest["files"])


def test_a_run_without_an_answer_leaves_no_file(crawl: Crawling, output: Path) -> None:
    with RecordingServer(SampleSite(1)) as server:
        url = server.url
    done = crawl(f"{url}/article/163/", output, settings={"RETRY_TIMES": 0})
    assert done.code == 14
    assert not (output / "archive").exists()
