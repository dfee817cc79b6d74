"""The pipelines one after the other, without an engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scrapy.exceptions import DropItem
from scrapy.settings import BaseSettings
from scrapy.utils.conf import build_component_list
from scrapy.utils.misc import load_object

from vokcrawl.options import Options
from vokcrawl.pipelines.base import RunPipeline
from vokcrawl.run import Run


class Chain:
    """The project's pipelines among those of `ITEM_PIPELINES`, in their order; any others need a crawl."""

    def __init__(self, run: Run, options: Options, settings: BaseSettings, count: Callable[[str], None]) -> None:
        found = map(load_object, build_component_list(settings.getwithbase("ITEM_PIPELINES")))
        self._pipelines = [each(run, options, count) for each in found if issubclass(each, RunPipeline)]

    def take(self, item: dict[str, Any]) -> None:
        """Gives a record to each pipeline, until one drops it."""
        try:
            for pipeline in self._pipelines:
                item = pipeline.process_item(item)
        except DropItem:
            return
