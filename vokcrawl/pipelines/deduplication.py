"""Lets each teaser through once, and each article once a run: across pages, and across the runs of this folder."""

from __future__ import annotations

from typing import Any

from vokcrawl.items import ARTICLE, TEASER
from vokcrawl.pipelines.base import Drop, RunPipeline


class DeduplicationPipeline(RunPipeline):
    """Drops what was delivered before. Whether an article is a new version is for the next pipeline to say."""

    def handle(self, item: dict[str, Any]) -> dict[str, Any]:
        identity = item["id"]
        if item["schema"] == TEASER:
            if not self.run.meet_teaser(identity):
                self.count("vok/deduplication/teasers")
                raise Drop(f"teaser {identity} was delivered before")
        elif item["schema"] == ARTICLE and not self.run.meet_article(identity):
            self.count("vok/deduplication/articles")
            raise Drop(f"article {identity} was read before in this run")
        return item
