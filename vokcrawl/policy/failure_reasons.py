"""The names of failures that decisions are made on. Any other name is only counted."""

from __future__ import annotations

from vokcrawl.pages.document import CHROME_ONLY, EMPTY_PAGE, LISTING_IN_PLACE, REDIRECTED, REFUSALS

# Articles, but of another source than the wanted one.
OF_ANOTHER_SOURCE = "of_another_source"
# Failures of the browser, not of the site.
BROWSER_UNREACHABLE, BROWSER_REFUSED = "browser_unreachable", "browser_refused"
# Failures of a user's middleware, not of the site.
COMPONENT_ERROR = "component_error"
# Failures that Scrapy does not retry; without a listing page, pagination would end there.
NOT_RETRIED = frozenset({"redirect_loop", "offsite", "too_large"})
# What a start page is, or lacks, if the site is available but the page leads nowhere.
NOT_UNDERSTOOD = frozenset(
    ["http_404", "http_410", EMPTY_PAGE, "not_html", REDIRECTED, OF_ANOTHER_SOURCE, "without_route"]
    + ["too_large", LISTING_IN_PLACE, CHROME_ONLY, *REFUSALS]
)
