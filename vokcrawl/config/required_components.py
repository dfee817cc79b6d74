"""The components that every crawl needs: without them it would write no records, or send too many requests."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

from scrapy.exceptions import UsageError as ScrapyUsageError
from scrapy.settings import BaseSettings
from scrapy.utils.conf import build_component_list
from scrapy.utils.misc import load_object
from scrapy.utils.reactor import is_asyncio_reactor_installed, is_reactor_installed

from vokcrawl.errors import UsageError
from vokcrawl.utils.program import missing_package

# By the setting that lists them. A subclass is allowed, and so are additional components.
_REQUIRED = {
    "ITEM_PIPELINES": (
        "vokcrawl.pipelines.ValidationPipeline",
        "vokcrawl.pipelines.DeduplicationPipeline",
        "vokcrawl.pipelines.RevisionsPipeline",
        "vokcrawl.pipelines.DeliveryPipeline",
    ),
    "DOWNLOADER_MIDDLEWARES": (
        "vokcrawl.downloader.middlewares.offsite.OnSiteMiddleware",
        "vokcrawl.downloader.middlewares.robotstxt.RobotsMiddleware",
        "vokcrawl.downloader.middlewares.backoff.PauseMiddleware",
    ),
}
_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
_RUN_EXTENSION = "vokcrawl.extensions.run.RunExtension"
_DOWNLOADER = "vokcrawl.downloader.downloader.PausingDownloader"
_PIPELINE_MANAGER = "scrapy.pipelines.ItemPipelineManager"
_HANDLER = "vokcrawl.downloader.capture.warc_handler.ArchivingHandler"


def check_required_components(settings: BaseSettings) -> None:
    """Raises `UsageError` that names the setting and the missing component or package."""
    if not uses_playwright(settings) and settings.get("SPLASH_URL") and not splash_installed():
        raise UsageError(f"SPLASH_URL: needs {missing_package('scrapy-splash', 'splash')}, or unset it")
    for name, required in _REQUIRED.items():
        present = [load_object(each) for each in build_component_list(settings.getwithbase(name))]
        for path in required:
            _check(name, path, present)
    _check_class("DOWNLOADER", settings["DOWNLOADER"], _DOWNLOADER, "waits as long as the site asks for")
    _check_class("ITEM_PROCESSOR", settings["ITEM_PROCESSOR"], _PIPELINE_MANAGER, "runs the pipelines")
    handlers = settings.getwithbase("DOWNLOAD_HANDLERS")
    for scheme in ("http", "https"):
        _check_class(f"DOWNLOAD_HANDLERS: {scheme}", handlers.get(scheme), _HANDLER, "archives what the site sends")


class UnfitSettingsError(UsageError, ScrapyUsageError):
    """The extension that opens the run is missing, or the event loop is not the one that the crawl needs.

    Raised before a crawl is created. Scrapy's own `crawl` command, which other settings may have, prints it, too.
    """

    print_help = False


def check_run_extension(settings: BaseSettings) -> None:
    """Raises `UnfitSettingsError` if the extension that opens the run is missing; no other component would."""
    enabled = [load_object(each) for each in build_component_list(settings.getwithbase("EXTENSIONS"))]
    required = load_object(_RUN_EXTENSION)
    if not any(isinstance(each, type) and issubclass(each, required) for each in enabled):
        raise UnfitSettingsError(
            f"EXTENSIONS: {_RUN_EXTENSION} is missing, and nothing would be written without it; add to the settings of "
            "vokcrawl.settings.default instead of replacing them"
        )


def check_event_loop(settings: BaseSettings) -> None:
    """Raises `UnfitSettingsError` for another event loop than Twisted's reactor of asyncio, Scrapy's default."""
    reactor = settings.get("TWISTED_REACTOR")
    if reactor != _REACTOR and (reactor or not _runs_on_asyncio()):
        raise UnfitSettingsError(
            f"TWISTED_REACTOR: {reactor!r} is not supported: it must be {_REACTOR}; omit the setting"
        )
    if not settings.getbool("TWISTED_REACTOR_ENABLED", True):
        raise UnfitSettingsError(
            "TWISTED_REACTOR_ENABLED: must not be disabled: the archive is written by a handler that needs Twisted's "
            "reactor; omit the setting"
        )


def _runs_on_asyncio() -> bool:
    """Whether a program has installed the reactor of asyncio itself."""
    return is_reactor_installed() and is_asyncio_reactor_installed()


def uses_playwright(settings: BaseSettings) -> bool:
    """Whether `VOK_BROWSER` selects Playwright, in the spelling that `config.values` accepts."""
    return str(settings.get("VOK_BROWSER")).strip().lower() == "playwright"


def playwright_installed() -> bool:
    """Whether Playwright, an optional part, is installed."""
    return find_spec("playwright") is not None


def splash_installed() -> bool:
    """Whether scrapy-splash, an optional part, is installed."""
    return find_spec("scrapy_splash") is not None


def _check(name: str, path: str, present: Iterable[Any]) -> None:
    required = load_object(path)
    if not any(isinstance(each, type) and issubclass(each, required) for each in present):
        raise UsageError(f"{name}: {path} is missing; add to {name} instead of replacing it")


def _check_class(name: str, given: Any, path: str, purpose: str) -> None:
    """Raises `UsageError` if a class that Scrapy uses one of is not the required one or a subclass of it."""
    present, required = load_object(given) if given else None, load_object(path)
    if not (isinstance(present, type) and issubclass(present, required)):
        raise UsageError(f"{name}: {given!r} is not {path} or a subclass of it, which {purpose}; omit the setting")
