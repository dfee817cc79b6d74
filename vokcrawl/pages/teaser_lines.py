"""The lines of one teaser, told apart: which is the title, which the excerpt, which the date.

Seen order on the site: title, excerpt, date, and the same excerpt again; in a "More From" block no title. So: a line
that is a date is the date; a line that stands there twice is the excerpt; a heading, or else the text of the link
to the article, is the title. What can be told apart by none of these is left out.
"""

from __future__ import annotations

import re
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
    folded = [line.folded for line in rest]
    copies = {text: folded.count(text) for text in folded}
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
                yield _Line(line, fold(line), block.heading, titles)


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
    for line in [line for line in rest if line.heading] or [line for line in rest if line.titles]:
        text = clean_title(line.text)
        if text is None or _NO_TITLE.fullmatch(text):
            continue
        if copies[line.folded] == 1:
            return text
        # The same text again: an excerpt that is linked, or a headline-only article. Three copies, or a
        # heading whose words the slug repeats, are a title as well as an excerpt.
        says = Slug(href).says(text)
        if copies[line.folded] > 2 or says or (line.heading and says is None):
            return text
    return None


def _pictured_title(run: Sequence[Block], href: str) -> str | None:
    """The alternative text of a picture: inside the heading the title, elsewhere only if the slug says so too."""
    for block in run:
        for image in block.images:
            text = clean_title(image.attributes.get("alt") or "")
            if text is not None and (block.heading or Slug(href).says(text)):
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
    doubled = [line.text for line in rest if copies[line.folded] > 1 and not _NO_TITLE.fullmatch(line.text)]
    if doubled:
        return max(doubled, key=len), True
    others = [line.text for line in rest if not line.heading and clean_title(line.text) != title]
    # A line that holds the title and a date is a whole teaser that nothing parts.
    whole = {text for text in others if title and title in text and _DATE.search(text)}
    others = [text for text in others if text not in whole and not _NO_TITLE.fullmatch(text)]
    return max(others, key=len, default=None), False
