"""The lines of one teaser, told apart: which is the title, which the excerpt, which the date.

Order on the site: the title (since 2024 twice), the excerpt, the date, and the same excerpt again; older "More From"
blocks have no title. So a line that is a date is the date; a heading, or else the text of the link to the article, is
the title; another line that stands there twice is the excerpt. What none of these identifies is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vokcrawl.normalize import article_id, clean_text, clean_title, fold
from vokcrawl.pages.flow import Block

# A date in words, right or wrong: whether such a day exists is for the item loader to say.
_DATE = re.compile(r"[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}", re.ASCII)
# What may part a date from other short things on its line.
_SEPARATOR = re.compile(r"\s+[|·•–—-]\s+")
# A line that says a date and little more.
_SHORT_LINE, _LONGEST_DATE_LINE = 40, 160
# WordPress cuts long slugs at about 200 characters; a shorter one is the whole title.
_CUT_SLUG = 150
_BEGINNING = 30
_NOT_SLUG = re.compile(r"[\W_]+")
_NOT_SLUG_ASCII = {code: None for code in range(128) if not chr(code).isalnum()}
# Links that say what to do, not what it is about.
_NO_TITLE = re.compile(r"\W*((read|see|learn|find out|view)? ?(more|on)|continue reading|details|full story)\W*", re.I)


@dataclass(slots=True)
class Lines:
    """What the lines of a teaser are; None where it has no such line. `doubled` says that its excerpt stood twice."""

    title: str | None
    excerpt: str | None
    date: str | None
    doubled: bool = False


class _Line(NamedTuple):
    text: str
    folded: str  # the form in which it is compared with others
    heading: int
    titles: bool  # whether it is the text of a link to the article


def read_lines(run: Sequence[Block], href: str, date: str | None = None) -> Lines:
    """Tells the lines of one teaser apart. `href` is its link; `date` its date as written, where that is known."""
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
    """The date in words that a block says, where one of its lines says little more and it is no heading."""
    if block.heading or not block.text:
        return None
    return next((found for line in block.lines if (found := _date_in(line))), None)


def says_day(text: str) -> bool:
    """Whether a text is a date in words and nothing else."""
    return _DATE.fullmatch(text) is not None


class Slug:
    """The slug of an article's URL, to be held against the texts that it may have been made from."""

    def __init__(self, href: str) -> None:
        path = href.partition("?")[0].partition("#")[0].rstrip("/")
        slug = path.rpartition("/")[2]
        self._is_cut = len(slug) >= _CUT_SLUG
        self._is_short = len(slug) <= 3
        latin = "%" not in slug and slug.isascii() and article_id(href) != slug
        self._letters = _squeeze(slug) if latin else None

    def says(self, text: str) -> bool | None:
        """Whether it was made from this text; None where it is not in Latin letters."""
        made = self._letters
        if made is None:
            return None
        # Most texts are another one from their beginning.
        begins = _squeeze(text[:_BEGINNING])
        if made[: len(begins)] != begins[: len(made)]:
            return False
        said = _squeeze(text)
        if self._is_cut:
            return said.startswith(made)
        # A number behind it tells a second article of that name from the first.
        return not self._is_short and said in (made, made.rstrip("0123456789"))


def _lines(run: Sequence[Block], identity: str | None) -> Iterator[_Line]:
    for block in run:
        # Most blocks touch no link, and are one line.
        touches = bool(block.hrefs) and any(article_id(each) == identity for each in block.hrefs)
        anchors = {text for href, text in block.anchors if article_id(href) == identity} if touches else ()
        # A <br> parts lines where one of them is the date; else it is a mere break in a sentence.
        parted = len(block.lines) > 1 and not block.heading and any(map(_DATE.fullmatch, block.lines))
        for line in block.lines if parted else [block.text]:
            if line:
                titles = touches and (block.linked or line in anchors)
                yield _Line(line, fold(clean_title(line) or line), block.heading, titles)


def _squeeze(text: str) -> str:
    # WordPress drops apostrophes and quotes and turns the rest into hyphens: compare letters and digits only.
    text = text.casefold()
    # The same, much faster: every block above a text is asked whether it is the headline.
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
    # Each text once, however often it stands there.
    candidates: dict[str, _Line] = {}
    for line in headings or [line for line in rest if line.titles]:
        candidates.setdefault(line.folded, line)
    for line in candidates.values():
        text = clean_title(line.text)
        if text is None or _NO_TITLE.fullmatch(text):
            continue
        number = copies[line.folded]
        # Several copies are a title (for two widths), and no excerpt that is linked, where all of them are headings,
        # where another line is doubled too (that is the excerpt), where there are three or more (a headline-only
        # article), or where the slug repeats its words.
        if number == 1 or number > 2 or headed[line.folded] == number or len(doubled) > 1:
            return text
        says = slug.says(text)
        if says or (line.heading and says is None):
            return text
    return None


def _pictured_title(run: Sequence[Block], href: str) -> str | None:
    """The alternative text of a picture: inside the heading the title, elsewhere only if the slug says so too."""
    slug = Slug(href)
    for block in run:
        for image in block.images:
            text = clean_title(image.attributes.get("alt") or "")
            if text is not None and (block.heading or slug.says(text)):
                return text
    return None


def _title_within(run: Sequence[Block], rest: Sequence[_Line], href: str) -> str | None:
    """The text of a link to the article in the midst of a line, where that is no line of its own."""
    identity = article_id(href)
    lines = {line.text for line in rest}
    texts = (text for block in run for target, text in block.anchors if article_id(target) == identity)
    found = (
        clean_title(text) for text in texts if text not in lines and not (_NO_TITLE.fullmatch(text) or says_day(text))
    )
    return next((title for title in found if title), None)


def _excerpt(rest: Sequence[_Line], copies: Mapping[str, int], title: str | None) -> tuple[str | None, bool]:
    """The excerpt, and whether it stands there twice. Of a headline-only article it is the title's own text."""
    lines = [line for line in rest if not _NO_TITLE.fullmatch(line.text)]
    doubled = [line for line in lines if copies[line.folded] > 1]
    others = [line.text for line in doubled if clean_title(line.text) != title]
    if others:
        return max(others, key=len), True
    # Copies of the title beyond those that are headings.
    if any(not line.heading for line in doubled):
        return doubled[0].text if title is None else title, True
    single = [line.text for line in lines if not line.heading and clean_title(line.text) != title]
    # A line that holds the title and a date is a whole teaser that nothing parts.
    whole = {text for text in single if title and title in text and _DATE.search(text)}
    return max((text for text in single if text not in whole), key=len, default=None), bool(doubled)
