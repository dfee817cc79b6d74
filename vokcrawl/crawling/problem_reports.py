"""Reports listings and start pages that could not be crawled."""

from __future__ import annotations

import logging

from vokcrawl.crawling.context import Context
from vokcrawl.crawling.listing import Listing, ListingProblem, ProblemKind
from vokcrawl.policy.failure_reasons import COMPONENT_ERROR, NOT_UNDERSTOOD

logger = logging.getLogger(__name__)


class ProblemReports:
    """Reports problems of listings, and counts them."""

    def __init__(
        self,
        context: Context,
    ) -> None:
        self._context = context

    def report(self, listing: Listing | None, listing_problem: ListingProblem) -> None:
        """Reports what is wrong with a listing, which ends it."""
        if listing is not None:
            listing.finish(listing_problem.stop)
        if listing_problem.kind is ProblemKind.START_FAILED:
            self.start_failed(listing_problem.reason, listing_problem.url)
        elif listing_problem.kind is ProblemKind.PAGE_FAILED:
            self._context.report(f"listing_{listing_problem.reason}", listing_problem.url)
            self._context.statistics.pages_failed += 1
            self._context.statistics.starts_blocked += listing_problem.reason.startswith("block_page_")
            self._context.stop_at(listing_problem.reason)
        elif listing_problem.kind is not ProblemKind.NOTHING:
            self._context.report(listing_problem.reason, listing_problem.url)

    def start_failed(self, reason: str, url: str) -> None:
        """A start page that could not be fetched: blocked, not what it was, lost to a component, or out of reach."""
        self._context.report(f"start_{reason}", url)
        if reason.startswith("block_page_"):
            self._context.statistics.starts_blocked += 1
        elif reason in NOT_UNDERSTOOD:
            self._context.statistics.starts_not_understood += 1
        elif reason == COMPONENT_ERROR:
            self._context.statistics.pages_failed += 1
        else:
            self._context.statistics.starts_unreachable += 1
        self._context.stop_at(reason)
