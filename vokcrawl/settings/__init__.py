"""Scrapy settings: `base` for all profiles, and one module for each profile.

Precedence, lowest first: `base`, the profile, an environment variable of the same name, `-s` on the command line.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from difflib import get_close_matches

# The profiles that `SCRAPY_PROJECT` selects; scrapy.cfg has the same ones, for `scrapy` in a checkout.
PROFILES = {name: f"vokcrawl.settings.{name}" for name in ("default", "sample", "production", "distributed")}

# Python: 700 new objects. Scrapy reads its settings before anything else: what is imported from here on stays, and so
# do the entries of a crawl, so the collector would find next to nothing. A page leaves no more than some dozen cycles.
gc.set_threshold(5_000, 10, 10)


def unknown_profile(name: str, known: Iterable[str]) -> str:
    """The error message for a `SCRAPY_PROJECT` that is not one of the known profiles."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"SCRAPY_PROJECT: {name!r}: no such profile; {hint}The profiles are {', '.join(names)}"
