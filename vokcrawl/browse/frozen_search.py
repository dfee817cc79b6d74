"""The search index of a static site, which the script `search.js` reads in the browser.

The articles of each year have an index of their own, so that a new article changes the files of one year only. An index
is split into files by the first characters of the words, so that a query loads a few small files. They are scripts that
call one function with their content, because a page that was opened from a directory can load nothing else.

`years.js`: ``[year, tag, files, articles]`` of each year, newest first. `YEAR-N.js`: words with the numbers of their
articles (see `encode_numbers`). `YEAR-pN.js`: the same words with their places in these articles (see `encode_places`),
for phrases. `YEAR-dN.js`: id, title, day and state of a block of articles. `tag` changes with the
content, which makes files of different times recognisable.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from vokcrawl.utils.scripts import JOINED

# Articles in a file with titles.
BLOCK = 256
# Longer words are cut, in texts and queries.
MAX_WORD = 32
# As many articles of a year need a further file; the number of files is a power of two.
_ARTICLES_PER_FILE, _MAX_FILES = 64, 64
# Each character has five bits of a number; the last one of a number is from the first alphabet.
FINAL, MORE = "0123456789abcdefghijklmnopqrstuv", "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&("
_TOKEN = re.compile(f"([{JOINED}]+)|[^\\W_{JOINED}]+|\n")
_JOINED = re.compile(f"[{JOINED}]")
_ACCENTS = re.compile("[\u0300-\u036f]")


@dataclass(frozen=True, slots=True)
class SearchedArticle:
    """What the index contains of an article. `state` is shown beside it, such as ``Removed``."""

    id: str
    title: str
    text: str
    day: str
    state: str


@dataclass(frozen=True, slots=True)
class YearIndex:
    """The index of a year: the content of its files by their names, and its entry in `years.js`."""

    files: dict[str, bytes]
    entry: list[Any]


def index_year(year: str, articles: Sequence[SearchedArticle]) -> YearIndex:
    """Return the index of the articles of a year, which are in the order of the results."""
    numbers: dict[str, list[int]] = {}
    places: dict[str, list[str]] = {}
    for number, article in enumerate(articles):
        for word, found in places_of(article.text).items():
            numbers.setdefault(word, []).append(number)
            places.setdefault(word, []).append(encode_places(found))
    shards = _number_of_files(len(articles))
    named: dict[str, Any] = {f"{year}-{part}{number}": {} for part in ("", "p") for number in range(shards)}
    for word in sorted(numbers):
        file = file_of(word, shards)
        named[f"{year}-{file}"][word] = encode_numbers(numbers[word])
        named[f"{year}-p{file}"][word] = "".join(places[word])
    for start in range(0, len(articles), BLOCK):
        block = [[each.id, each.title, each.day, each.state] for each in articles[start : start + BLOCK]]
        named[f"{year}-d{start // BLOCK}"] = block
    tag = hashlib.blake2b(orjson.dumps(named), digest_size=6).hexdigest()
    return YearIndex(
        {f"{name}.js": script(name, tag, content) for name, content in named.items()},
        [year, tag, shards, len(articles)],
    )


def script(name: str, tag: str, content: Any) -> bytes:
    """Return a file of the index."""
    return b"vok(%s,%s,%s)\n" % tuple(map(orjson.dumps, (name, tag, content)))


def places_of(text: str) -> dict[str, list[int]]:
    """Return the words of a text as they are indexed, with their places.

    They are without case and accents, Korean and such as pairs. Each word, and each character in a joined script, has
    the place after the one before. A line end takes a place, too, so that no phrase goes beyond it.

    >>> places_of("Café, 2 CAFES: 김정은")
    {'cafe': [0], '2': [1], 'cafes': [2], '김정': [3], '정은': [4], '은': [5]}
    """
    places: dict[str, list[int]] = {}
    place = 0
    for found in _TOKEN.finditer(fold(text)):
        run = found[1]
        words = [run[at : at + 2] for at in range(len(run))] if run else [found[0][:MAX_WORD]]
        for word in words:
            if word != "\n":
                places.setdefault(word, []).append(place)
            place += 1
    return places


def fold(text: str) -> str:
    """Return a text without case and accents, in one form."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text))).lower()


def file_of(word: str, files: int) -> int:
    """Return the number of the file of a word: by its first two characters, or the first one in a joined script.

    So all words with a beginning of two characters (or one in a joined script) are in the same file.
    """
    value = 0
    for character in word[: 1 if _JOINED.match(word) else 2]:
        value = (value * 31 + ord(character)) & 0xFFFF
    return value % files


def encode_numbers(numbers: Iterable[int]) -> str:
    """Encode ascending numbers by the gaps between them.

    >>> encode_numbers([0, 1, 5, 40, 2000])
    '003B2B%7'
    """
    parts, before = [], -1
    for number in numbers:
        parts.append("".join(_digits(number - before - 1)))
        before = number
    return "".join(parts)


def encode_places(places: Iterable[int]) -> str:
    """Encode the ascending places of a word in an article: twice the gap, and one more for all but the last one.

    >>> encode_places([0, 3, 40]), encode_places([7])
    ('15C8', 'e')
    """
    gaps = []
    before = -1
    for place in places:
        gaps.append(2 * (place - before - 1) + 1)
        before = place
    gaps[-1] -= 1
    return "".join(digit for gap in gaps for digit in _digits(gap))


def _digits(value: int) -> Iterator[str]:
    above, last = divmod(value, 32)
    digits = []
    while above:
        above, digit = divmod(above, 32)
        digits.append(MORE[digit])
    yield from reversed(digits)
    yield FINAL[last]


def _number_of_files(articles: int) -> int:
    files = 1
    while files < _MAX_FILES and files * _ARTICLES_PER_FILE < articles:
        files *= 2
    return files
