"""Mends of the crawl core that can be undone one at a time, to see that the simulation notices each of them.

Each mutation replaces one small function of the core by what stood there, in effect, before the mend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from vokcrawl.crawling import articles, listing
from vokcrawl.crawling.entries import Entries
from vokcrawl.crawling.listing import Listing
from vokcrawl.crawling.paginators import search
from vokcrawl.crawling.paginators.ajax import AjaxPaginator
from vokcrawl.crawling.paginators.link import LinkPaginator
from vokcrawl.crawling.paginators.protocol import TAKE, Checked, Following, Trust
from vokcrawl.crawling.paginators.search import SearchPaginator
from vokcrawl.crawling.paginators.sitemap import SitemapPaginator
from vokcrawl.crawling.positions import Positions
from vokcrawl.crawling.rereads import Rereads
from vokcrawl.normalize import parse_utc
from vokcrawl.policy.pagination import ListingProgress, StopReason


@dataclass(frozen=True)
class Mutation:
    """`name` of `owner` is replaced. `seeds` are histories that fail then, and do not fail otherwise."""

    owner: Any
    name: str
    replacement: Any
    seeds: tuple[int, ...] = ()

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Undoes the mend in this block."""
        with patch.object(self.owner, self.name, self.replacement):
            yield


def _constant(value: Any) -> Callable[..., Any]:
    return lambda *args, **kwargs: value


def _ends_at_once(*args: Any, **kwargs: Any) -> Checked:
    return Checked(Trust.STOP, stop=StopReason.END)


def _leads_nowhere_if_stale(self: SearchPaginator, listing: Listing, route: Any, fresh: int) -> bool:
    return bool(route.page) and not fresh


def _any_failure_is_the_end(self: LinkPaginator, listing: Listing, request: Any, reason: str) -> Checked:
    return Checked(Trust.STOP, stop=StopReason.END)


def _jumps_at_once(self: Positions, seen: Any) -> int | None:
    return 0 if self.stored is not None else None


def _count_before_by_page(self: ListingProgress, fresh: Any) -> None:
    self._before = 100 if self.rules.since is not None and not self.rules.in_date_ranges else 0


def _finishes_without_rereading(self: Rereads, listing: Listing, event: Any) -> None:
    self.finish_listing(listing)


MUTATIONS: dict[str, Mutation] = {
    "pinned entries count as progress": Mutation(AjaxPaginator, "_note_pinned", _constant(None), (450, 2254)),
    "batches need not join the one before": Mutation(AjaxPaginator, "_joins", _constant(True), (2032, 3003748)),
    "an empty batch ends the listing": Mutation(AjaxPaginator, "_nothing", _ends_at_once, (366, 506)),
    "a missing batch is not looked for further up": Mutation(
        AjaxPaginator, "_look_back", _ends_at_once, (2032, 3003748)
    ),
    "a page without a link onward is the last one": Mutation(
        LinkPaginator, "_without_more", _constant(Following(stop=StopReason.END)), (1478, 1786)
    ),
    "a page that fails ends the listing": Mutation(LinkPaginator, "failed", _any_failure_is_the_end, (904, 1226)),
    "an empty page ends the listing": Mutation(LinkPaginator, "check", _constant(TAKE), (24, 1130)),
    "a full day of the search is all of it": Mutation(search, "next_page_url", _constant(None), (518, 854)),
    "search results that are known lead nowhere": Mutation(
        SearchPaginator, "_leads_nowhere", _leads_nowhere_if_stale, (708760, 713802)
    ),
    "a sitemap's missing file does not count": Mutation(SitemapPaginator, "file_failed", _constant(None), (431,)),
    "items that were dropped count as delivered": Mutation(articles.Articles, "unresolved", _constant([]), (102, 139)),
    "the first pages are not read again": Mutation(Rereads, "handle", _finishes_without_rereading, (758, 846)),
    "any page read again joins": Mutation(ListingProgress, "again", _constant(True), (1004415,)),
    "no part is read again day by day": Mutation(Listing, "needs_healing", False, (783, 823)),
    "one page before since ends the listing": Mutation(
        ListingProgress, "_count_before", _count_before_by_page, (715850, 721423)
    ),
    "a position moves before its entries are resolved": Mutation(
        Entries, "are_resolved", _constant(True), (1054, 1774)
    ),
    "new entries on top are not read first": Mutation(Positions, "new_on_top", _jumps_at_once, (303, 703843)),
    "one missing answer removes an article": Mutation(articles, "is_confirmed", _constant(True), (16, 51)),
    "a rescan that lies ahead puts off all others": Mutation(
        listing,
        "rescan_is_due",
        lambda before, now, hours: (now - parse_utc(before.rescanned_at)).days >= 1,
        (350, 565),
    ),
}
