"""Malicious data on the server is detected; nothing outside the output directory and the site is touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.commands import QUIET, Serving
from tests.support.worker_group import WorkerGroup
from vokcrawl.sample import SampleServer
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.redis.folders import id_of

Grouped = Callable[..., WorkerGroup]
# Hashes whose rows a run reads in any case.
READ = ["entries", "listing_crawls", "listings", "retries", "counts", "deferred_teasers", "runs"]


def delivered(output: Path) -> dict[str, bytes]:
    kinds = ("articles", "teasers", "archive", "runs")
    return {str(path): path.read_bytes() for kind in kinds for path in sorted((output / kind).iterdir())}


def assert_found_out(group: WorkerGroup, code: int = 15) -> None:
    """The run ends with this code and a message, and what was delivered before stands as it did."""
    before = delivered(group.output(0))
    assert group.start(0, settings=QUIET).wait(60) == code
    assert "Traceback" not in group.log(0)
    now = delivered(group.output(0))
    assert {path: now[path] for path in before} == before


@pytest.fixture
def site(serve: Serving) -> SampleServer:
    return serve(5)


@pytest.fixture
def crawled(site: SampleServer, grouped: Grouped) -> WorkerGroup:
    """A worker's crawl of a small site, and an article that the site has got since."""
    group = grouped(site)
    assert group.start(0, settings=QUIET).wait(60) == 0
    site.site.publish(1)
    return group


@pytest.mark.parametrize("garbage", ["[]", pytest.param("\x1b[31m", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("name", ["articles", *(pytest.param(each, marks=pytest.mark.thorough) for each in READ)])
def test_rows_of_other_programs_end_the_run(crawled: WorkerGroup, name: str, garbage: str) -> None:
    with crawled.redis.client() as client:
        for key in client.keys(f"{crawled.prefix}:{name}:*") or [f"{crawled.prefix}:{name}"]:
            client.hset(key, mapping=dict.fromkeys([*client.hkeys(key), "other"], garbage))
    assert_found_out(crawled)
    assert "REDIS_URL: " in crawled.log(0)
    assert "\x1b" not in crawled.log(0)


@pytest.mark.parametrize("path", ["../../outside.jsonl", "articles/../../../outside.jsonl"])
def test_a_file_outside_of_the_folder_is_not_touched(crawled: WorkerGroup, tmp_path: Path, path: str) -> None:
    outside = tmp_path / "outside.jsonl.part"
    outside.write_text("a file of somebody else's")
    folder = id_of(OutputFolder(crawled.output(0)))
    (run_id,) = crawled.known("run_ids")
    with crawled.redis.client() as client:
        # As a run leaves it that has died.
        key = f"{crawled.prefix}:runs:{folder}"
        row = json.loads(client.hget(key, run_id))
        client.hset(key, run_id, json.dumps([*row[:2], None, None, None, None, row[-1]]))
        client.sadd(f"{crawled.prefix}:unfinished:{folder}", run_id)
        client.hset(f"{crawled.prefix}:files:{folder}", path, json.dumps([path, run_id, 0, 0]))
    assert_found_out(crawled)
    assert "is not the name of a run or of its files" in crawled.log(0)
    assert outside.read_text() == "a file of somebody else's"


def test_a_request_that_others_have_queued_goes_to_the_site_only_and_as_a_worker_asks(
    serve: Serving, site: SampleServer, crawled: WorkerGroup
) -> None:
    elsewhere = serve(5)
    fields = {"score": 10, "etag": "a tag", "headers": {"Cookie": "theirs"}}
    with crawled.redis.client() as client:
        for identity, server in {"1733800000-1": elsewhere, "1733800000-2": site}.items():
            request = {"id": identity, "url": f"{server.url}/newstream/{identity}/x/", **fields}
            client.hset(f"{crawled.prefix}:requests", identity, json.dumps(request))
            client.zadd(f"{crawled.prefix}:queue", {identity: 10})
    assert_found_out(crawled, 10)
    assert elsewhere.requests == []
    (asked,) = [each for each in site.requests if "1733800000-2" in each.target]
    sent = {name.lower(): value for name, value in asked.headers.items()}
    assert "cookie" not in sent
    assert sent["if-none-match"] == "a tag"
