"""The names of failures that decisions are made on. Any other name is only counted."""

from __future__ import annotations

from vokcrawl.pages.document import CHROME_ONLY, EMPTY_PAGE, LISTING_IN_PLACE, REDIRECTED, REFUSALS

# Articles, but of another source than was asked for.
OF_ANOTHER_SOURCE = "of_another_source"
# Trouble of the Splash server, not of the site.
BROWSER_UNREACHABLE, BROWSER_REFUSED = "browser_unreachable", "browser_refused"
# Trouble of a middleware of the user's, not of the site.
COMPONENT_ERROR = "component_error"
# What Scrapy does not ask for again by itself: without a listing's page the crawl would break off there.
PASSING = frozenset({"redirect_loop", "offsite", "too_large"})
# What a start page may be, or lack, when the site is there and yet the page does not lead anywhere.
NOT_UNDERSTOOD = frozenset(
    ["http_404", "http_410", EMPTY_PAGE, "not_html", REDIRECTED, OF_ANOTHER_SOURCE, "without_route"]
    + ["too_large", LISTING_IN_PLACE, CHROME_ONLY, *REFUSALS]
)
