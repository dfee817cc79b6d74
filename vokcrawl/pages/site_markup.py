"""Class names and words of the site's own pages, each once: what the readers of this package look for."""

from __future__ import annotations

import re

__all__ = [
    "CONTENT_CLASS",
    "DATE_CLASS",
    "DESCRIPTION_CLASS",
    "END_OF_LIST",
    "FRAME_HEADINGS",
    "MEDIA_LINE",
    "MORE_FROM",
    "NEWSLETTER_LINES",
    "PENDING_IMAGE",
    "SHARE_LINES",
]

# The element that holds an article's text; an item's text in a listing (its thumb stands beside it), and its date.
CONTENT_CLASS = "article-content"
DESCRIPTION_CLASS = "article-desc"
DATE_CLASS = "articled-date"
# The heading of the block below an article.
MORE_FROM = re.compile(r"more from\b\s*(.{1,100}[^.!?…\s])", re.IGNORECASE)
# What stands behind the last teaser of a list.
END_OF_LIST = re.compile(r"more articles|load more|more from\b.*", re.IGNORECASE)
# Headings and lines of the page's frame, no article's.
FRAME_HEADINGS = re.compile(
    r"(newstream\s*\|\s*)?kcna watch( logo)?|kcna|newstream|browse|menu|search|home", re.IGNORECASE
)
# The line above a headline: the site's word and a source's name, or that name alone, with its language.
MEDIA_LINE = re.compile(r"(?:kcna\s+)?(?:\S.{0,60}\s)?\((?:en|kr|ko|eng|kor)\)", re.IGNORECASE)
# The layout of 2019 has these around the text.
SHARE_LINES = re.compile(r"share button", re.IGNORECASE)
NEWSLETTER_LINES = re.compile(
    r"get north korea headlines delivered to your inbox.{0,40}|subscribe to (?:the|our) .{0,60}daily update.{0,120}",
    re.IGNORECASE,
)
# The picture that stands in until the real one is there.
PENDING_IMAGE = "image-uploading"
