"""Exceptions in this program cost only the page that caused them, which is named and retried."""

from __future__ import annotations

import sys

from tests.support import faults
from tests.support.children import run
from tests.support.crawling import Crawl, command, environment
from tests.support.faulty_server import FaultyServer
from tests.support.monitored_crawls import Place, ids
from vokcrawl.sample import SampleSite

# `scrapy …` whose answer to a failed article is broken.
BROKEN = """
import sys
from scrapy.cmdline import execute
from vokcrawl.crawling.articles import Articles

def fail(self, *_):
    raise RuntimeError("a fault of ours")

Articles.fail = fail
execute(["scrapy", *sys.argv[1:]])
"""


def test_a_fault_while_a_failed_article_is_taken_in_loses_no_article(place: Place) -> None:
    with FaultyServer(SampleSite(12, faults=())) as server:
        broken = ids(server)[3]
        server.inflict(broken, faults.reset_before, -1)
        words = command(f"{server.url}/article/163/", place.output, settings={"RETRY_TIMES": 0})
        done = run([sys.executable, "-c", BROKEN, *words[3:]], env=environment(), timeout=60)
    assert done.returncode == 10, done.stderr
    (manifest,) = Crawl(done.returncode, done.stdout, done.stderr, place.output).manifests()
    assert manifest["errors"]["spider_error"]["count"] == 1
    assert [each["id"] for each in manifest["pending_retries"]] == [broken]
