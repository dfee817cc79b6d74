"""The interface of a pagination strategy. One instance serves one listing, and keeps what it has learned about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from vokcrawl.crawling.actions import FetchListing
from vokcrawl.crawling.events import ListingPage
from vokcrawl.crawling.listing import Listing
from vokcrawl.pages.routes import Route
from vokcrawl.policy.pagination import StopReason


class Trust(StrEnum):
    """Whether an answer is accepted."""

    TAKE = "take"  # its entries are taken, and pagination continues
    ASK = "ask"  # another request comes first
    REPEAT = "repeat"  # it is requested again as a failure would be; if it stays so, the page has failed
    FAIL = "fail"  # the page has failed
    STOP = "stop"  # the listing stops here


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check: what to ask instead (`ASK`), the problem's name (`REPEAT`, `FAIL`), or why to stop.

    The entries of a page that is not accepted are taken, too; only pagination does not continue from it.
    """

    trust: Trust
    request: FetchListing | None = None
    reason: str = ""
    stop: StopReason | None = None


TAKE = Checked(Trust.TAKE)


@dataclass(frozen=True, slots=True)
class Following:
    """The next step after a page: `route` is the next page; without one, `stop` is the reason to stop.

    `behind` is the place behind the page from which older entries are read again, if that is not `route`.

    With `probe` the stop is not accepted before that route was requested and brought nothing new. `problem` is the name
    of a problem to report, `url` where it was seen; `log` is an error message for the operator.
    """

    route: Route | None = None
    stop: StopReason | None = None
    probe: Route | None = None
    behind: Route | None = None
    problem: str = ""
    url: str = ""


class Paginator(Protocol):
    """A pagination strategy."""

    def check(self, listing: Listing, request: FetchListing, page: ListingPage) -> Checked:
        """Whether a page is accepted, and what is requested first where it is not."""

    def follow(self, listing: Listing, request: FetchListing, page: ListingPage, url: str) -> Following:
        """What comes behind a page whose entries have been taken."""

    def follow_again(self, listing: Listing, request: FetchListing, page: ListingPage, url: str) -> Following:
        """What comes behind a first page that was read once more."""

    def failed(self, listing: Listing, request: FetchListing, reason: str) -> Checked | None:
        """Return the next step after a page that could not be fetched; None if the listing has failed."""
