"""A page of the site's search: the form that numbers the sources, and the way to further results."""

from __future__ import annotations

import re
from dataclasses import replace

from vokcrawl.normalize import clean_text
from vokcrawl.pages.more import More
from vokcrawl.pages.routes import SOURCE_FIELD, LinkRoute, SearchRoute
from vokcrawl.pages.sources import same_source
from vokcrawl.pages.tree import Element, text_of

# A field that takes several sources has brackets behind its name.
_OPTIONS = ", ".join(f'select[name="{name}"] option[value]' for name in (SOURCE_FIELD, f"{SOURCE_FIELD}[]"))


def number_in_form(root: Element, source: str) -> str | None:
    """The number by which the search form of a page knows a source; None where it does not name it."""
    for option in root.css(_OPTIONS):
        number = clean_text(option.attributes.get("value") or "")
        if same_source(text_of(option), source) and re.fullmatch(r"[\w-]{1,40}", number, re.ASCII):
            return number
    return None


def further_results(more: More, route: SearchRoute) -> SearchRoute | None:
    """The route to further results of this search, where what a page says of more is a link to them.

    Any other way (a call, a script) may know nothing of the days that were asked for: asking for fewer days does.
    """
    if isinstance(more.route, LinkRoute) and route.holds(more.route.url):
        return replace(route, page=more.route.url)
    return None
