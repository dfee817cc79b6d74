"""Identifies the lines of one teaser: title, excerpt and date.

Order on the site: the title (twice since 2024), the excerpt, the date, and the same excerpt again; older "More From"
blocks have no title. A line that is a date is the date; a heading, or else the text of the link to the article, is the
title; another line that occurs twice is the excerpt. Other lines are ignored.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vokcrawl.normalize import article_id, clean_text, clean_title, fold
from vokcrawl.pages.flow import Block
from vokcrawl.pages.profile import site

# A date in words. The item loader checks that the day exists.
_DATE = re.compile(r"[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}", re.ASCII)
# Dates as themes and page headers write them, one or several.
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DAYS = re.compile(
    r"(?:\W{0,3}(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s{0,2})?"
    rf"(?:{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH},?\s\d{{4}}"
    r"|\d{4}[./-]\d{1,2}[./-]\d{1,2}\.?|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2}))"
    r"(?:,?\s(?:at\s)?\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?m\.?)?(?:\s(?:UTC|GMT|KST))?)?){1,4}\W{0,3}",
    re.IGNORECASE | re.ASCII,
)
# Separators between a date and other short texts on its line.
_SEPARATOR = re.compile(r"\s+[|·•–—-]\s+")
# Maximum length of a line with a date and little else; of any line with a date.
_SHORT_LINE, _LONGEST_DATE_LINE = 40, 160
# WordPress cuts long slugs at about 200 characters; a shorter one is the whole title.
_CUT_SLUG = 150
_BEGINNING = 30
# A shorter text may be a repetition by itself.
_LEAST_OF_COPY = 10
_NOT_SLUG = re.compile(r"[\W_]+")
_NOT_SLUG_ASCII = {code: None for code in range(128) if not chr(code).isalnum()}


@dataclass(slots=True)
class Lines:
    """The lines of a teaser; None if there is none. `doubled` is true if the excerpt occurs twice."""

    title: str | None
    excerpt: str | None
    date: str | None
    doubled: bool = False


class _Line(NamedTuple):
    text: str
    folded: str  # normalised for comparison
    heading: int
    titles: bool  # whether it is the text of a link to the article
    labels: bool  # whether it leads elsewhere: "Categorized as News"


def read_lines(run: Sequence[Block], href: str, date: str | None = None) -> Lines:
    """Identify the lines of one teaser. `href` is its link; `date` is its date as written, if known."""
    lines = list(_lines(run, article_id(href)))
    date_text = clean_text(date) if date is not None else None
    if date_text is None:
        dated = [line for line in lines if not line.heading]
        whole = [line.text for line in dated if _DATE.fullmatch(line.text)]
        part = [found for line in dated if not line.titles and (found := _date_in(line.text))]
        date_text = next(iter([*whole, *part]), None)
    rest = [line for line in lines if not _says_date(line, date_text)]
    copies = Counter(line.folded for line in rest)
    title = _title(rest, copies, href) or _pictured_title(run, href) or _title_within(run, rest, href)
    excerpt, doubled = _excerpt(rest, copies, title)
    return Lines(title, excerpt, date_text, doubled)


def date_in_block(block: Block) -> str | None:
    """The date in a block that is not a heading, if one of its lines has little else."""
    if block.heading or not block.text:
        return None
    return next((found for line in block.lines if (found := _date_in(line))), None)


def says_day(text: str) -> bool:
    """Whether a text is a date in words."""
    return _DATE.fullmatch(text) is not None


def is_day_line(text: str) -> bool:
    """Whether a text consists of dates in any common format, perhaps with a time: ``March 16, 2026Mar 16, 2026``."""
    return len(text) <= _LONGEST_DATE_LINE and _DAYS.fullmatch(text) is not None


class Slug:
    """The slug of an article's URL, for comparison with texts that it may have been made from."""

    def __init__(self, href: str) -> None:
        path = href.partition("?")[0].partition("#")[0].rstrip("/")
        slug = path.rpartition("/")[2]
        self._is_cut = len(slug) >= _CUT_SLUG
        self._is_short = len(slug) <= 3
        latin = "%" not in slug and slug.isascii() and article_id(href) != slug
        self._letters = _squeeze(slug) if latin else None

    def says(self, text: str) -> bool | None:
        """Whether it was made from this text; None if it is not in Latin letters."""
        made = self._letters
        if made is None:
            return None
        # Most texts differ at the start.
        begins = _squeeze(text[:_BEGINNING])
        if made[: len(begins)] != begins[: len(made)]:
            return False
        squeezed = _squeeze(text)
        if self._is_cut:
            return squeezed.startswith(made)
        # WordPress appends a number to the slug of a second article with the same title.
        return not self._is_short and squeezed in (made, made.rstrip("0123456789"))


def _lines(run: Sequence[Block], identity: str | None) -> Iterator[_Line]:
    for block in run:
        # Most blocks have no link and one line.
        touches = bool(block.hrefs) and any(article_id(each) == identity for each in block.hrefs)
        anchors = {text for href, text in block.anchors if article_id(href) == identity} if touches else ()
        elsewhere = bool(block.hrefs) and not touches
        # A <br> separates lines if one of them is the date; otherwise it is a break in a sentence.
        parted = len(block.lines) > 1 and not block.heading and any(map(_DATE.fullmatch, block.lines))
        for line in block.lines if parted else [block.text]:
            titles = touches and (block.linked or line in anchors)
            labels = elsewhere and (block.linked or site().lines.bylines.fullmatch(line) is not None)
            for text in _copies(line) if titles else [_without_read_more(line, anchors)]:
                if text:
                    yield _Line(text, fold(clean_title(text) or text), block.heading, titles, labels)


def _copies(line: str) -> list[str]:
    """Split the text of a link that repeats one text, with or without a space between."""
    half = len(line) // 2
    first, second = line[:half].rstrip(), line[half:].lstrip()
    return [first, second] if first == second and len(first) >= _LEAST_OF_COPY else [line]


def _without_read_more(line: str, anchors: Iterable[str]) -> str:
    """Remove a "Read more" link from the end of a line."""
    for text in anchors:
        if text and text != line and line.endswith(text) and site().listing.read_more.fullmatch(text):
            return line.removesuffix(text).rstrip()
    return line


def _squeeze(text: str) -> str:
    # WordPress drops quotes and replaces other characters with hyphens: compare letters and digits only.
    text = text.casefold()
    # Equivalent, and much faster: this is called for every block above a text.
    return text.translate(_NOT_SLUG_ASCII) if text.isascii() else _NOT_SLUG.sub("", text)


def _date_in(text: str) -> str | None:
    match = _DATE.search(text) if len(text) <= _LONGEST_DATE_LINE else None
    if match is None:
        return None
    for part in _SEPARATOR.split(text):
        if _DATE.fullmatch(part):
            return part
    return match[0] if len(text) <= _SHORT_LINE else None


def _says_date(line: _Line, date: str | None) -> bool:
    if line.text == date or _DATE.fullmatch(line.text):
        return True
    return not line.heading and not line.titles and _date_in(line.text) is not None


def _title(rest: Sequence[_Line], copies: Mapping[str, int], href: str) -> str | None:
    """The title: a heading, or else the text of a link to the article."""
    headings = [line for line in rest if line.heading]
    headed = Counter(line.folded for line in headings)
    doubled = {text for text, number in copies.items() if number > 1}
    slug = Slug(href)
    # Each text once.
    candidates: dict[str, _Line] = {}
    for line in headings or [line for line in rest if line.titles]:
        candidates.setdefault(line.folded, line)
    for line in candidates.values():
        text = clean_title(line.text)
        if text is None or site().listing.read_more.fullmatch(text):
            continue
        number = copies[line.folded]
        # Several copies are a title for two screen widths rather than a linked excerpt if all of them are headings,
        # if another line occurs twice too (the excerpt), if there are three or more (a headline-only article), or if
        # the slug has the same words.
        if number == 1 or number > 2 or headed[line.folded] == number or len(doubled) > 1:
            return text
        says = slug.says(text)
        if says or (line.heading and says is None):
            return text
    return None


def _pictured_title(run: Sequence[Block], href: str) -> str | None:
    """The title from an image's alternative text: inside a heading, or if the slug matches."""
    slug = Slug(href)
    for block in run:
        for image in block.images:
            text = clean_title(image.attributes.get("alt") or "")
            if text is not None and (block.heading or slug.says(text)):
                return text
    return None


def _title_within(run: Sequence[Block], rest: Sequence[_Line], href: str) -> str | None:
    """The text of a link to the article inside a line."""
    identity = article_id(href)
    lines = {line.text for line in rest}
    texts = (text for block in run for target, text in block.anchors if article_id(target) == identity)
    found = (
        clean_title(text)
        for text in texts
        if text not in lines and not (site().listing.read_more.fullmatch(text) or says_day(text))
    )
    return next((title for title in found if title), None)


def _excerpt(rest: Sequence[_Line], copies: Mapping[str, int], title: str | None) -> tuple[str | None, bool]:
    """The excerpt, and whether it occurs twice. The excerpt of a headline-only article is its title."""
    lines = [line for line in rest if not site().listing.read_more.fullmatch(line.text)]
    doubled = [line for line in lines if copies[line.folded] > 1]
    others = [line.text for line in doubled if clean_title(line.text) != title]
    if others:
        return max(others, key=len), True
    # Copies of the title that are not headings.
    if any(not line.heading for line in doubled):
        return doubled[0].text if title is None else title, True
    single = [line.text for line in lines if not (line.heading or line.labels) and clean_title(line.text) != title]
    # A line with the title and a date is a whole teaser without separators.
    whole = {text for text in single if title and title in text and _DATE.search(text)}
    return max((text for text in single if text not in whole), key=len, default=None), bool(doubled)
