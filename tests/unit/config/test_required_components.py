"""The components that a crawl needs: replaced or missing ones are named, subclasses are accepted."""

from __future__ import annotations

from typing import Any

import pytest
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.settings import Settings

from vokcrawl.config.required_components import check_required_components
from vokcrawl.downloader.capture.warc_handler import ArchivingHandler
from vokcrawl.downloader.downloader import PausingDownloader
from vokcrawl.errors import UsageError

HANDLER = "vokcrawl.downloader.capture.warc_handler.ArchivingHandler"


class MyHandler(ArchivingHandler):
    """A handler of the user's."""


class MyDownloader(PausingDownloader):
    """A downloader of the user's."""


def given(**changed: Any) -> Settings:
    settings = Settings()
    settings.setmodule("vokcrawl.settings.default", priority="project")
    settings.setdict(changed, priority="cmdline")
    return settings


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"ITEM_PROCESSOR": f"{__name__}.MyHandler"},
            f"ITEM_PROCESSOR: '{__name__}.MyHandler' is not scrapy.pipelines.ItemPipelineManager or a subclass of it, "
            "which runs the pipelines; omit the setting",
        ),
        (
            {"DOWNLOAD_HANDLERS": {"http": MyHandler, "https": HTTP11DownloadHandler}},
            f"DOWNLOAD_HANDLERS: https: {HTTP11DownloadHandler!r} is not {HANDLER} or a subclass of it, which archives "
            "what the site sends; omit the setting",
        ),
        ({"DOWNLOAD_HANDLERS": {"http": None}}, f"DOWNLOAD_HANDLERS: http: None is not {HANDLER} or a subclass of it"),
        ({"ITEM_PIPELINES": {}}, "ITEM_PIPELINES: vokcrawl.pipelines.ValidationPipeline is missing; add to "),
    ],
)
def test_a_component_that_is_replaced_is_named_with_what_it_is_for(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_required_components(given(**changed))
    assert str(refused.value).startswith(message)


def test_subclasses_are_accepted() -> None:
    handlers = {"http": MyHandler, "https": f"{__name__}.MyHandler"}
    check_required_components(given(DOWNLOAD_HANDLERS=handlers, DOWNLOADER=MyDownloader))
