"""The site's sitemap as a listing: it lists articles of all sources; only their pages name the source.

It is read newest first, in batches of articles; the next batch follows when the requests of the previous one are
finished.
"""

from __future__ import annotations

from collections.abc import Sequence

from vokcrawl.crawling.context import Context
from vokcrawl.crawling.listing import Listing
from vokcrawl.pages.routes import SitemapRoute
from vokcrawl.pages.sitemap import Sitemap
from vokcrawl.policy.pagination import StopReason
from vokcrawl.policy.sitemap_queue import MOST_ASKED, SitemapReading


class SitemapPaginator:
    """The files and articles of one sitemap."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._reading = SitemapReading()
        self.has_begun = False
        # Files in a row that showed nothing new, and whether the present one has shown something.
        self._known_files = 0
        self._shows_new = True

    def take_file(self, sitemap: Sitemap) -> None:
        """Adds the entries of a sitemap file."""
        self.has_begun = True
        self._reading.take(sitemap)

    def file_failed(self) -> None:
        """Notes that a file could not be read: the listing cannot be complete."""
        self._reading.failed = True

    def next_articles(self) -> Sequence[tuple[str, str]]:
        """The next articles to look at: id and URL."""
        return self._reading.next_articles()

    def note_page(self, is_new: bool) -> None:
        """Notes whether some articles of the batch are new."""
        self._shows_new |= is_new

    def joins_known(self, listing: Listing) -> bool:
        """Whether so many files in a row showed nothing new that the others are not read. To be asked once a file."""
        self._known_files = 0 if self._shows_new else self._known_files + 1
        self._shows_new = False
        return 0 < listing.known_files <= self._known_files and not self._reading.failed

    def next_file(self, listing: Listing) -> SitemapRoute | None:
        """The next file on the site, as it is checked and as it is requested; others are reported."""
        while (url := self._reading.next_file(self._context.config.since)) is not None:
            checked = self._context.on_site(url, listing.key)
            if checked is not None:
                return SitemapRoute(checked)
            self._reading.failed = True
        return None

    def note_requested(self, number: int) -> bool:
        """Counts requests for articles; whether that is as much as one run asks for."""
        self._reading.asked += number
        return self._reading.asked >= MOST_ASKED

    def end(self, listing: Listing) -> StopReason | None:
        """Why the listing stops when all that was found is read; None where it held no article at all."""
        if listing.progress.pages == 0:
            return None
        if self._reading.failed:
            return StopReason.FAILED
        return StopReason.END if self._reading.all_read else StopReason.SHARE
