"""Selects the route to the next page that `VOK_PAGINATION` allows, and builds the call for `VOK_SOURCE_ID`."""

from __future__ import annotations

import logging
from typing import TypeGuard

from vokcrawl.crawling.context import Context
from vokcrawl.normalize import absolute_url
from vokcrawl.pages.more import More
from vokcrawl.pages.profile import site
from vokcrawl.pages.routes import (
    FIRST_CLICKS,
    AjaxRoute,
    BrowserRoute,
    LinkRoute,
    Route,
)

logger = logging.getLogger(__name__)


class SourceCalls:
    """Chooses by the configuration. `source_id_is_invalid` is set once its call returned nothing of the source."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.source_id_is_invalid = False

    def choose(self, more: More, url: str, received: int) -> More:
        """The route to the next page, if the settings allow it; else the call for the source that they name."""
        allowed = {"link": LinkRoute, "ajax": AjaxRoute, "browser": BrowserRoute}.get(self._context.config.pagination)
        if more.route is not None and (allowed is None or isinstance(more.route, allowed)):
            return more
        endpoint = absolute_url(url, site().ajax.path)
        if self.may_call_by_number and endpoint is not None:
            return More(True, self.call(endpoint, received))
        return More(more.label_found or more.route is not None, None)

    def call(self, endpoint: str, start: int) -> AjaxRoute:
        """The call by `VOK_SOURCE_ID`."""
        call = site().ajax
        return AjaxRoute(endpoint, call.action, self._context.config.source_id, start, call.page_size)

    @property
    def may_call_by_number(self) -> bool:
        """Whether the call for the source that `VOK_SOURCE_ID` names can be made where a page names none."""
        config = self._context.config
        return bool(config.source_id) and config.pagination in ("auto", "ajax") and not self.source_id_is_invalid

    def is_by_number(self, route: Route | None) -> TypeGuard[AjaxRoute]:
        """Whether a route is a call with `VOK_SOURCE_ID` or the number in the search form."""
        return isinstance(route, AjaxRoute) and route.id == self._context.config.source_id

    def mark_source_id_invalid(self, reason: str) -> None:
        """Makes no more calls by `VOK_SOURCE_ID`, and says so."""
        if self.source_id_is_invalid:
            return
        self.source_id_is_invalid = True
        logger.error(
            "VOK_SOURCE_ID=%s: the site's call for it returns nothing of %s (%s); use the number in the"
            " calls of its listing",
            self._context.config.source_id,
            self._context.config.source,
            reason,
        )

    def in_browser(self, url: str) -> BrowserRoute | None:
        """The page in a browser, where the settings allow that and one is configured."""
        config = self._context.config
        if config.pagination not in ("auto", "browser"):
            return None
        if not config.browser:
            self._context.report("more_needs_browser", url)
            logger.error(
                "%s: only a browser can follow its More Articles; set VOK_BROWSER=playwright, or SPLASH_URL", url
            )
            return None
        return BrowserRoute(url, 0, FIRST_CLICKS)
