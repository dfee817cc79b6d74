"""What taking in pages shares: arguments, options, the run, what is under way, and what is noted."""

from __future__ import annotations

from typing import Any

from vokcrawl.config import Arguments, Options
from vokcrawl.normalize import absolute_url, article_id, authority
from vokcrawl.pages.extractors import Extractor, extractor_at
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.policy.article_checks import ListedValues
from vokcrawl.runs.run import Run


class Intake:
    """Base of what takes in pages. Subclasses set `run`, `options`, `arguments` and `allowed_authorities`."""

    run: Run
    options: Options
    arguments: Arguments
    # The hosts (with their ports) of the site.
    allowed_authorities: frozenset[str]

    def begin_run(self) -> None:
        """Nothing is under way yet."""
        # Articles asked for in this run, and those of them that are not answered yet.
        self.requested: set[str] = set()
        self.in_flight: set[str] = set()
        # Teasers that do not say whose they are, and wait for their article, with their page's URL.
        self.undecided: dict[str, tuple[RawTeaser, str]] = {}
        # Wanted articles that only a "More From" block has shown so far, by id.
        self.in_blocks: dict[str, str] = {}
        # Teasers of such blocks that wait for the listings' end, with their page's URL and their block's source.
        self.held: dict[str, tuple[RawTeaser, str, str | None]] = {}
        # What the listings of this run show of the articles that they lead to.
        self.listed_values: dict[str, ListedValues] = {}
        # Requested articles that a listing of this run shows as the wanted source's.
        self.shown_as_wanted: set[str] = set()
        # Start pages whose walk is not over yet.
        self.walks_open = 0

    @property
    def reading(self) -> Extractor:
        """How pages of this moment are read."""
        return extractor_at(self.run.moment())

    def article_wanted(self, identity: str, url: str) -> Any:
        """An article is to be asked for: gives what is to be handed on for that, a request in a crawl, or None."""
        self.requested.add(identity)
        self.in_flight.add(identity)

    def stop_at(self, reason: str) -> None:
        """The site shuts visitors out, for this reason: a crawl ends here."""

    def count(self, name: str) -> None:
        """Counts what happened, under the name that it has in the stats."""
        raise NotImplementedError

    def note(self, reason: str, url: str) -> None:
        """Counts a problem for the manifest, and in the stats under `vok/problems/<reason>`."""
        self.run.problems.note(reason, url)
        self.count(f"vok/problems/{reason}")

    def on_site(self, href: str, page_url: str) -> str | None:
        """The absolute URL of a link, where it stays on the start hosts; others are noted."""
        url = absolute_url(page_url, href)
        if url is None or authority(url) not in self.allowed_authorities:
            self.note("offsite_link", url or href)
            return None
        if article_id(url) != article_id(href):
            # Dots in it climb out of the article's own path.
            self.note("climbing_link", url)
            return None
        return url

    def in_window(self, day: str | None) -> bool:
        """Whether a day lies between `since` and `until`, both included; an unknown day may."""
        since, until = self.arguments.since, self.arguments.until
        return day is None or ((since is None or day >= since) and (until is None or day <= until))
