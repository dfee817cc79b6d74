"""The spider after its run has failed."""

from __future__ import annotations

from scrapy.settings import Settings

from vokcrawl.crawling.events import Started
from vokcrawl.errors import StorageError
from vokcrawl.runs.run import Run
from vokcrawl.spiders.vok import VokSpider


def test_no_event_is_handled_after_the_run_has_failed() -> None:
    spider = VokSpider()
    spider.run = Run.in_memory("vok", {}, Settings())
    spider.run.fail(StorageError("the disk is full"))
    # The run extension has closed the run before the engine asks for more start requests.
    spider.run.state.close()
    assert list(spider.handle(Started())) == []
