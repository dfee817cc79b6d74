"""Quirks of the real site, the articles that have them, and the faults that can be enabled.

A quirk recurs with a period, so that a long listing has many of each; 40 articles have each at least once.
"""

from __future__ import annotations

from collections.abc import Collection

# name -> (period, first index). Periods are coprime enough that quirks also meet each other now and then.
PERIODIC: dict[str, tuple[int, int]] = {
    "two_line_headline": (9, 2),
    "no_original": (8, 5),
    "truncated": (17, 12),
    "captioned_image": (6, 3),
    "bare_image": (12, 3),  # a second image, without caption, beside some captioned ones
    "broken_paragraphs": (5, 2),
    "broken_title": (7, 6),
    "broken_excerpt": (6, 1),
    "bullet": (9, 7),
    "image_beside_title": (10, 8),
    "image_for_title": (10, 3),
    "leading_space": (2, 0),
    "relative_href": (3, 1),
    "no_slash": (8, 6),
    "tracked_href": (11, 10),
    "no_thumb": (13, 11),
    "zero_width_slug": (40, 13),
    "apostrophe_slug": (19, 15),  # the slug has an encoded apostrophe, which links write in upper case
    "subheading": (10, 4),  # a short line between two paragraphs
    "headline_only": (37, 14),  # no text; the excerpt is the headline
    "layout_of_2019": (35, 17),  # in the current skin: share button, newsletter lines, nothing below
}

# Once only: recurring date quirks would make "the newest" ambiguous.
MISMATCH_INDEX = 22  # shown one day before the DPRK day of its ingestion
LATE_INDEX = 18  # shown LATE_DAYS before it, and therefore listed deep
LATE_DAYS = 2

# The one article that each fault concerns.
FAULT_INDEX = {"edited": 3, "rate_limited": 4, "listing_instead": 6, "sign_up": 8}
REMOVED_INDEX = {5: 410, 9: 404}

DEFAULT_FAULTS: frozenset[str] = frozenset({"rate_limited", "listing_instead", "inserted"})
ALL_FAULTS: frozenset[str] = DEFAULT_FAULTS | {"sign_up", "removed", "edited"}


def quirks_of(index: int) -> frozenset[str]:
    """The names of the periodic quirks of the article at *index*."""
    return frozenset(name for name, (period, first) in PERIODIC.items() if index % period == first)


def checked_faults(faults: Collection[str]) -> frozenset[str]:
    """*faults* as a set. Raises ValueError naming the first one that is not in ``ALL_FAULTS``."""
    for fault in sorted(set(faults) - ALL_FAULTS):
        raise ValueError(f"faults: {fault!r} is not one of {', '.join(sorted(ALL_FAULTS))}")
    return frozenset(faults)
