"""The lines of one teaser, told apart: which is the title, which the excerpt, which the date.

Seen order on the site: title, excerpt, date, and the same excerpt again; in a "More From" block no title. So: a line
that is a date is the date; a line that stands there twice is the excerpt; a heading, or else the text of the link
to the article, is the title.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vokcrawl.fields import article_id, clean_text, clean_title, fold
from vokcrawl.pages.flow import Block

# A date in words, right or wrong: whether such a day exists is for the item loader to say.
_DATE = re.compile(r"[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}", re.ASCII)
# A line that says a date and little more.
_SHORT_LINE = 40
_NOT_SLUG = re.compile(r"[\W_]+")


@dataclass(slots=True)
class Lines:
    """What the lines of a teaser are; None where it has no such line."""

    title: str | None
    excerpt: str | None
    date: str | None


def read_lines(run: Sequence[Block], href: str, date: str | None = None) -> Lines:
    """Tells the lines of one teaser apart. `href` is its link; `date` its date as written, where that is known."""
    date_text = clean_text(date) if date is not None else None
    rest: list[Block] = []
    for block in run:
        found = date_in_line(block)
        if found is not None and date_text is None:
            date_text = found
        if not block.text or found is not None or block.text == date_text:
            continue
        rest.append(block)
    title = _title(rest, href)
    if title is None:
        title = _pictured_title(run, href)
    return Lines(title, _excerpt(rest, title), date_text)


def date_in_line(block: Block) -> str | None:
    """The date in words that a line says, where it says little more and is no heading."""
    if block.heading or len(block.text) > _SHORT_LINE:
        return None
    match = _DATE.search(block.text)
    return match[0] if match else None


def slug_says(text: str, href: str) -> bool | None:
    """Whether the slug of an article's URL was made from this text; None where the slug is not in Latin letters."""
    path = href.partition("?")[0].partition("#")[0].rstrip("/")
    slug = path.rpartition("/")[2]
    if "%" in slug or not slug.isascii() or article_id(href) == slug:
        return None
    return bool(slug) and _squeeze(text).startswith(_squeeze(slug)) and len(slug) > 3


def _squeeze(text: str) -> str:
    # WordPress drops apostrophes and quotes and turns the rest into hyphens: compare letters and digits only.
    return _NOT_SLUG.sub("", text.casefold())


def _title(rest: Sequence[Block], href: str) -> str | None:
    counts = Counter(fold(block.text) for block in rest)
    identity = article_id(href)
    headings = [block for block in rest if block.heading]
    links = [block for block in rest if block.linked and any(article_id(each) == identity for each in block.hrefs)]
    for block in headings or links:
        text = clean_title(block.text)
        if text is None:
            continue
        copies = counts[fold(block.text)]
        if copies == 1:
            return text
        # The same text again: an excerpt that is linked, or a headline-only article. Three copies, or a
        # heading whose words the slug repeats, are a title as well as an excerpt.
        if copies > 2 or slug_says(text, href) or (block.heading and slug_says(text, href) is None):
            return text
    return None


def _pictured_title(run: Sequence[Block], href: str) -> str | None:
    """The alternative text of a picture: inside the heading the title, elsewhere only if the slug says so too."""
    for block in run:
        for image in block.images:
            text = clean_title(image.get("alt") or "")
            if text is not None and (block.heading or slug_says(text, href)):
                return text
    return None


def _excerpt(rest: Sequence[Block], title: str | None) -> str | None:
    texts = [block.text for block in rest]
    counts = Counter(fold(text) for text in texts)
    doubled = [text for text in texts if counts[fold(text)] > 1]
    if doubled:
        return max(doubled, key=len)
    others = [block.text for block in rest if not block.heading and clean_title(block.text) != title]
    return max(others, key=len, default=None)
