"""The files of a run: complete data files, a correct manifest, and the manifest chain."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from fastwarc.warc import ArchiveIterator

from tests.support.altered_responses import in_item, matching, replacing
from tests.support.crawling import Crawl
from tests.support.expected_records import archive_files, assert_same, assert_whole, data_files
from tests.support.hostile_site import HostileSite
from vokcrawl.sample import SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]


def records_in(path: Path) -> int:
    """How many WARC records a file holds, as FastWARC reads them."""
    return sum(1 for _ in ArchiveIterator(str(path), parse_http=False))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def assert_manifests_match(done: Crawl) -> None:
    """Every manifest names its run's files with their true size, records and sum, and there are no other files."""
    named = []
    for manifest in done.manifests():
        for result in manifest["files"]:
            path = done.output / result["path"]
            assert result["sha256"] == sha256(path)
            assert result["bytes"] == path.stat().st_size
            named.append(result["path"])
            if result["path"].startswith("archive/"):
                assert result["records"] == records_in(path) > 0
                assert path.name == f"{manifest['run_id']}.warc.gz"
            else:
                assert result["records"] == len(path.read_bytes().splitlines()) > 0
                assert path.read_bytes().endswith(b"\n")
                assert path.name == f"{manifest['run_id']}.jsonl"
        records = {result["path"].partition("/")[0]: result["records"] for result in manifest["files"]}
        assert records.pop("archive") > 0
        assert manifest["counts"] == records
    assert sorted(named) == sorted([*data_files(done.output), *archive_files(done.output)])
    assert list(done.output.rglob("*.part")) == []


def test_three_runs_leave_whole_files_and_a_chain_of_manifests(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(12)
    url = f"{server.url}/article/163/"

    first = crawl(url, output)
    assert first.code == 0, first.stderr
    (run,) = first.manifests()
    assert re.fullmatch(r"\d{8}T\d{6}Z", run["run_id"])
    assert data_files(output) == [f"articles/{run['run_id']}.jsonl", f"teasers/{run['run_id']}.jsonl"]
    assert (run["outcome"], run["exit_code"], run["spider"]) == ("done", 0, "vok")
    assert run["coverage"]["articles"]["title"] == 1.0
    asked = [each for each in server.requests if each.target != "/robots.txt"]
    assert run["pages"] == {"read": len(asked), "failed": 0, "articles": 12, "truncated": 0}
    assert run["newest_article"] == max(each["ingested_at"] for each in first.articles())
    assert_manifests_match(first)
    assert_whole(first, server.site)
    files = {path: sha256(output / path) for path in data_files(output)}

    idle = crawl(url, output)
    assert (idle.code, idle.manifest["outcome"]) == (0, "nothing new")
    assert [each["path"] for each in idle.manifest["files"]] == [f"archive/{idle.manifest['run_id']}.warc.gz"]
    assert idle.manifest["newest_article"] == run["newest_article"]
    # Nothing new: no records but a manifest and what the site sent, and not a byte of what was there is changed.
    assert {path: sha256(output / path) for path in data_files(output)} == files
    assert len(idle.manifests()) == 2

    published = server.site.publish(2)
    third = crawl(url, output)
    assert third.code == 0, third.stderr
    assert third.manifest["counts"] == {"articles": 2, "teasers": 2}
    assert {each["id"] for each in third.articles() if each["run_id"] == third.manifest["run_id"]} == set(published)
    assert_manifests_match(third)
    assert_whole(third, server.site)

    chain = third.manifests()
    assert sum(each["requests"] for each in chain) == len(server.requests)
    assert [each["run_id"] for each in chain] == sorted(path.stem for path in (output / "runs").iterdir())
    assert chain[0]["previous_manifest"] is None
    for before, after in pairwise(chain):
        named = {"run_id": before["run_id"], "sha256": sha256(output / "runs" / f"{before['run_id']}.json")}
        assert after["previous_manifest"] == named


def test_files_and_records_carry_the_time_and_two_runs_in_one_second_get_different_ids(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(3)
    at = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
    done = crawl(f"{server.url}/article/163/", output, at=at)
    assert done.code == 0, done.stderr
    assert data_files(output) == ["articles/20310203T040506Z.jsonl", "teasers/20310203T040506Z.jsonl"]
    moments = {each[name] for each in done.articles() for name in ("first_seen_at", "fetched_at")}
    assert all(moment.startswith("2031-02-03T04:05:") for moment in moments)
    assert {each["run_id"] for each in done.articles() + done.teasers()} == {"20310203T040506Z"}

    again = crawl(f"{server.url}/article/163/", output, at=at)
    assert again.code == 0, again.stderr
    assert [each["run_id"] for each in again.manifests()] == ["20310203T040506Z", "20310203T040506Z-2"]


def test_records_are_utf_8_one_a_line_and_have_every_key_of_the_contract(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    article = (
        "schema id url title body published_on ingested_at source language original_url story images truncated"
        " content_hash revision previous_hash changed first_seen_at fetched_at run_id extractor archived_as"
    )
    teaser = "schema id url title excerpt published_on source language found_on position first_seen_at run_id"
    server = serve(6)
    done = crawl(f"{server.url}/article/163/", output)
    for kind, keys in (("articles", article), ("teasers", teaser)):
        (path,) = (output / kind).iterdir()
        for line in path.read_bytes().decode("utf-8").splitlines():
            assert list(json.loads(line)) == keys.split()
    for record in done.articles():
        assert (record["revision"], record["previous_hash"], record["changed"]) == (1, None, [])


def test_field_that_breaks_the_schema_is_null_and_counted_and_the_record_is_delivered(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(12)
    server = serve(site=site)
    truth = site.truth()
    teaser, article = truth["teasers"][4], truth["articles"][3]
    # Both copies of the excerpt become longer than a line of a record may be.
    long = "word " * 25_000
    excerpts = r'(<p class="article-excerpt.*?>).*?(</p>.*excerpt.*?>).*?(</p>)'
    site.change("/article/163/", in_item(teaser["id"], excerpts, rf"\1{long}\2{long}\3"))
    figure = f'<figure><img src="/uploads/x.jpg"><figcaption>{long}</figcaption></figure>'
    site.change(article["id"], replacing('<div class="article-content">', f'<div class="article-content">{figure}'))

    done = crawl(f"{server.url}/article/163/", output)
    assert done.rejected() == []
    assert done.errors["field_dropped"] == 2
    examples = {
        field: example
        for example in done.manifest["errors"]["field_dropped"]["examples"]
        if (field := example.partition("(")[2].partition(":")[0])
    }
    assert examples.keys() == {"excerpt", "images.0.caption"}
    assert teaser["id"] in examples["excerpt"]
    assert article["id"] in examples["images.0.caption"]
    teaser["excerpt"] = None
    article["images"].insert(0, {"url": f"{server.url}/uploads/x.jpg", "caption": None})
    assert_same(done.teasers(), truth["teasers"])
    # The article's text is much shorter than such an excerpt: it is not believed.
    assert done.errors["article_without_text"] == 1
    assert_same(done.articles(), [each for each in truth["articles"] if each["id"] != teaser["id"]])
    assert_manifests_match(done)


def test_record_that_breaks_its_schema_in_a_required_field_is_set_aside_with_the_reason_and_retried(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    """It goes to the retry queue, so that the next run asks for it again: a gap is never silent."""
    site = HostileSite(12)
    server = serve(site=site)
    broken = site.truth()["articles"][3]["id"]
    # The title becomes longer than a line of a record may be.
    site.change(broken, matching(r"(?<=<h2>).*?(?=</h2>)", "word " * 25_000), times=1)
    done = crawl(f"{server.url}/article/163/", output)
    (rejected,) = done.rejected()
    assert rejected["record"]["id"] == broken
    assert rejected["reason"].startswith("title: ")
    assert done.errors["record_rejected"] == 1
    assert broken in done.manifest["errors"]["record_rejected"]["examples"][0]
    assert done.manifest["counts"]["rejected"] == 1
    assert f"rejected/{done.manifest['run_id']}.jsonl" in data_files(output)
    assert_manifests_match(done)
    assert [each["id"] for each in done.manifest["pending_retries"]] == [broken]
    # The page is mended.
    after = crawl(f"{server.url}/article/163/", output)
    assert after.code == 0, after.stderr
    assert_same(after.articles(), site.truth()["articles"])


def test_a_repeated_item_is_one_teaser_within_a_run_and_across_runs(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    """The sample site repeats the last item of a page on the next one, and shows twenty on every article's page."""
    server = serve(15)
    url = f"{server.url}/newstream/"
    crawl(url, output)
    server.site.publish(3)
    crawl(url, output)
    # Another way into the same articles.
    done = crawl(f"{server.url}/article/163/", output, args={"full": 1})
    assert done.code == 0, done.stderr
    assert done.manifest["counts"] == {}
    assert_whole(done, server.site)
