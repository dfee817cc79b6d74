"""A page of the site's search: the source ids in its form, and the next page of results."""

from __future__ import annotations

import re
from dataclasses import replace

from vokcrawl.normalize import clean_text
from vokcrawl.pages.more import More
from vokcrawl.pages.profile import site
from vokcrawl.pages.routes import LinkRoute, SearchRoute
from vokcrawl.pages.sources import same_source
from vokcrawl.pages.tree import Element, text_of


def number_in_form(root: Element, source: str) -> str | None:
    """The id of a source in the search form of a page; None if it is not there."""
    name = site().search.source
    # A field for several sources has brackets after its name.
    for option in root.css(f'select[name="{name}"] option[value], select[name="{name}[]"] option[value]'):
        number = clean_text(option.attributes.get("value") or "")
        if same_source(text_of(option), source) and re.fullmatch(r"[\w-]{1,40}", number, re.ASCII):
            return number
    return None


def further_results(more: More, route: SearchRoute) -> SearchRoute | None:
    """The route to the next page of results, if it is a link of the same search.

    Other routes (a call, a script) may ignore the dates; shorter date ranges are requested instead.
    """
    if isinstance(more.route, LinkRoute) and route.holds(more.route.url):
        return replace(route, page=more.route.url)
    return None
