"""The model of a site profile. `kcnawatch.toml` describes the keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property, partial
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from vokcrawl.pages.profile.selectors import Selector, parse_selector

__all__ = ["Logo", "NameMeanings", "SiteProfile"]

_Known = TypeVar("_Known")

_FLAGS = re.IGNORECASE | re.DOTALL
_NEVER = r"(?!)"
_MOST_ENTRIES, _LONGEST_ENTRY = 1_000, 500
# Class names of Bootstrap and Tailwind that show a hidden element at some screen width.
_SHOWN_AT_A_WIDTH = re.compile(
    r"d-(?:sm|md|lg|xl|xxl)-(?!none)[a-z-]+|(?:sm|md|lg|xl|2xl):(?:block|flex|grid|inline|table|contents)[a-z-]*"
)
# Limits of the caches: the number and length of class names and ids, and the length of texts searched for words.
_CACHED_NAMES, _LONGEST_NAMES, _LONGEST_SEARCHED = 2_000, 300, 2_000
# An expression that occurs in all of these says nothing about a text.
_TEXTS = ("The harvest of apples began in the hills.", "2024-12-10", "사과 수확", "x")


def _entries(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("must be a list of strings")
    if len(value) > _MOST_ENTRIES:
        raise ValueError(f"must not have more than {_MOST_ENTRIES} entries")
    return value


def _words(value: Any, template: str = "%s", flags: int = _FLAGS) -> re.Pattern[str]:
    """Compile a list of expressions. `template` is the expression around them."""
    parts = _entries(value)
    for each in parts:
        _check_expression(each, flags)
    return re.compile(template.replace("%s", f"(?:{'|'.join(f'(?:{each})' for each in parts) or _NEVER})"), flags)


def _check_expression(text: str, flags: int) -> None:
    if len(text) > _LONGEST_ENTRY:
        raise ValueError(f"{text[:40]!r}… is longer than {_LONGEST_ENTRY} characters")
    try:
        pattern = re.compile(text, flags)
    except (re.error, OverflowError) as error:
        raise ValueError(f"{text!r} is not a valid regular expression ({error})") from None
    if pattern.groups:
        raise ValueError(f"{text!r} has a group; write (?:…) instead of (…)")
    if pattern.fullmatch("") or all(map(pattern.search, _TEXTS)):
        raise ValueError(f"{text!r} matches every text")


def _selector(value: Any) -> Selector:
    if not isinstance(value, str):
        raise ValueError("must be a CSS selector in quotes, or empty")
    return parse_selector(value)


def _names(value: Any) -> frozenset[str]:
    return frozenset(_name_list(value))


def _name_list(value: Any) -> tuple[str, ...]:
    names = _entries(value)
    for each in names:
        if not each.strip() or each != each.strip():
            raise ValueError(f"{each!r} is not a name")
    return tuple(names)


def _shaped(value: Any, shape: str, phrase: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(shape, value, re.ASCII):
        raise ValueError(f"{value!r} is not {phrase}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 2 < len(value) < 100:
        raise ValueError(f"{value!r} is not a text of 3 to 99 characters")
    return value


def _date_formats(value: Any) -> tuple[str, ...]:
    for each in _entries(value):
        parts = re.findall(r"%.?", each)
        if len(each) > 40 or sorted(parts) not in (["%B", "%Y", "%d"], ["%Y", "%d", "%m"]):
            raise ValueError(f"{each!r} is not a format with %d, %Y, and %m or %B, such as %d %B %Y")
    return tuple(value)


def _months(value: Any) -> tuple[str, ...]:
    names = _name_list(value)
    if not names or len(names) % 12:
        raise ValueError(f"must have 12 names, or a multiple of that, not {len(names)}")
    return names


Words = Annotated[re.Pattern[str], BeforeValidator(_words)]
# With or without punctuation around the words.
LooseWords = Annotated[re.Pattern[str], BeforeValidator(partial(_words, template=r"\W*%s\W*"))]
# Bounded by characters that are neither letters nor digits, as the parts of class names are.
NameWords = Annotated[
    re.Pattern[str], BeforeValidator(partial(_words, template=r"(?<![a-z0-9])%s(?![a-z0-9])", flags=re.ASCII))
]
Paths = Annotated[re.Pattern[str], BeforeValidator(partial(_words, flags=re.ASCII))]
Css = Annotated[Selector, BeforeValidator(_selector)]
Names = Annotated[frozenset[str], BeforeValidator(_names)]
NameList = Annotated[tuple[str, ...], BeforeValidator(_name_list)]
Text = Annotated[str, BeforeValidator(_text)]
Parameter = Annotated[
    str, BeforeValidator(partial(_shaped, shape=r"[\w\[\].-]{1,60}", phrase="the name of a parameter of a URL"))
]
Header = Annotated[str, BeforeValidator(partial(_shaped, shape=r"[a-z0-9-]{1,60}", phrase="a header in lower case"))]
Path = Annotated[str, BeforeValidator(partial(_shaped, shape=r"/[\w/.~-]{0,200}", phrase="the path of a URL"))]
DirectoryPath = Annotated[
    str,
    BeforeValidator(partial(_shaped, shape=r"/(?:[\w.~-]{1,60}/){0,8}", phrase="a path with a slash at its end")),
]
DayFormat = Annotated[
    str,
    BeforeValidator(partial(_shaped, shape=r"(?:%[dmYy]|[-/. ]){3,20}", phrase="a format such as %d-%m-%Y")),
]
ProfileName = Annotated[str, BeforeValidator(partial(_shaped, shape=r"[\w .-]{1,60}", phrase="a short name"))]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Urls(_Section):
    """Paths of the site."""

    article: DirectoryPath
    stream: Path
    listings: Paths


class ListingMarkup(_Section):
    """The selectors of teasers and their fields."""

    item: Css
    text: Css
    title: Css
    excerpt: Css
    date: Css
    logo: Css
    read_more: LooseWords


class ArticleMarkup(_Section):
    """The selectors of an article's fields."""

    content: Css
    headline: Css
    date: Css
    source: Css
    original: Css
    related: Css
    remove: Css


class MetaLabels(_Section):
    """The labels of the line above a text."""

    date: Words
    source: Words
    original: Words
    original_tail: str

    @cached_property
    def label(self) -> re.Pattern[str]:
        """A label anywhere in a text: the groups ``date``, ``source`` and ``original``."""
        tail = re.escape(self.original_tail)
        return re.compile(
            rf"(?<![A-Za-z])(?:(?:(?P<date>{self.date.pattern})|(?P<source>{self.source.pattern}))\s*:"
            rf"|(?P<original>{self.original.pattern})(?:{tail})?)",
            _FLAGS,
        )

    @cached_property
    def begins(self) -> re.Pattern[str]:
        """The beginning of the line."""
        return re.compile(rf"(?:{self.date.pattern}|{self.source.pattern})\s*:", _FLAGS)

    @cached_property
    def continues(self) -> re.Pattern[str]:
        """The beginning of a further block of the line."""
        return re.compile(rf"{self.source.pattern}\s*:|{self.original.pattern}", _FLAGS)

    @cached_property
    def read_original(self) -> re.Pattern[str]:
        """The words of the link to the original, anywhere in a text."""
        return re.compile(rf"(?<![A-Za-z]){self.original.pattern}", _FLAGS)


class RelatedBlock(_Section):
    """The heading of the block below an article."""

    heading: Words

    @cached_property
    def titled(self) -> re.Pattern[str]:
        """The whole heading. Group 1 is the name of the source."""
        return re.compile(rf"{self.heading.pattern}\b\s*(.{{1,100}}[^.!?…\s])", _FLAGS)

    @cached_property
    def line(self) -> re.Pattern[str]:
        """A line that begins with these words."""
        return re.compile(rf"{self.heading.pattern}\b.*", _FLAGS)


class MoreLabels(_Section):
    """How the next entries of a listing are found in a page."""

    button: Annotated[re.Pattern[str], BeforeValidator(partial(_words, template=r"\W*%s\W*(?:\d+\W*)?"))]
    selector: Css
    end: LooseWords
    next_classes: Names
    next_words: Words


class AjaxParameters(_Section):
    """Names of the parameters in the URL of the call."""

    action: Parameter
    id: Parameter
    from_: Parameter = Field(alias="from")
    to: Parameter


class AjaxSpellings(_Section):
    """Names of the values of the call in attributes and scripts."""

    action: Names
    id: Names
    from_: Names = Field(alias="from")
    to: Names
    url: Names


class AjaxCall(_Section):
    """The call of "More Articles"."""

    path: Path
    action: Parameter
    page_size: int = Field(ge=1, le=1000)
    fixed: Mapping[Parameter, str]
    parameters: AjaxParameters
    spellings: AjaxSpellings

    @cached_property
    def names(self) -> dict[str, str]:
        """The name in the URL of each value: ``action``, ``id``, ``from``, ``to``."""
        names = self.parameters
        return {"action": names.action, "id": names.id, "from": names.from_, "to": names.to}

    @cached_property
    def keys(self) -> dict[str, str]:
        """The value (``action``, ``id``, ``from``, ``to``, ``url``) that each spelling stands for."""
        spelled = self.spellings
        values = {"action": spelled.action, "id": spelled.id, "from": spelled.from_, "to": spelled.to}
        return {each: value for value, names in {**values, "url": spelled.url}.items() for each in names}

    @cached_property
    def mark(self) -> str:
        """What each URL of the call contains: the name of its file, without extension."""
        return self.path.rstrip("/").rpartition("/")[2].rpartition(".php")[0] or self.path

    @cached_property
    def query_pair(self) -> re.Pattern[str]:
        """A parameter and its value in a URL inside a script."""
        return re.compile(rf"[?&]({'|'.join(map(re.escape, self.names.values()))})=([\w-]+)")

    @cached_property
    def url_in_script(self) -> re.Pattern[str]:
        """A URL of the call with its query."""
        file = re.escape(self.path.rstrip("/").rpartition("/")[2])
        return re.compile(rf"""(?<![\w:/.\-])[\w:/.\-]{{0,200}}{file}\?[^\s'"`<>]{{0,500}}""")

    @cached_property
    def path_in_script(self) -> re.Pattern[str]:
        """The path of the call in quotes."""
        file = re.escape(self.path.rstrip("/").rpartition("/")[2])
        return re.compile(rf"""(?<=['"])[\w:/.\-]{{0,200}}{file}(?=['"])""")


class SearchQuery(_Section):
    """The query of the site's search."""

    words: Parameter
    source: Parameter
    start: Parameter
    end: Parameter
    day: DayFormat
    fixed: Mapping[Parameter, str]


class SitemapNames(_Section):
    """The URLs of sitemaps."""

    paths: NameList
    files: Words


class Dates(_Section):
    """Date formats besides the site's own two."""

    formats: Annotated[tuple[str, ...], BeforeValidator(_date_formats)]
    months: Annotated[tuple[str, ...], BeforeValidator(_months)]


class Lines(_Section):
    """Lines that are not part of an article."""

    frame: Words
    media: Words
    share: Words
    newsletter: Words
    advertising: Words
    bylines: Words
    share_links: Words
    page_numbers: Words
    previous_next: Words
    share_addresses: Words
    sections_below: Words


class Images(_Section):
    """Images that are no pictures."""

    pending: Text
    trackers: Words


class BlockMarks(_Section):
    """Marks of truncated texts and of block pages."""

    truncated: Words
    truncated_sentence: Words
    sign_up_path: Text
    sign_up_classes: NameList
    password_form: Css
    password_words: Words
    bot_check: Words
    bot_check_lines: LooseWords
    protected_form: Words
    bot_check_frames: Css
    bot_check_headers: Mapping[Header, Names]

    @cached_property
    def truncated_hints(self) -> tuple[str, ...]:
        """Texts in lower case, one of which occurs wherever `truncated` does; an empty one if that is unknown."""
        expressions = self.truncated.pattern.removeprefix("(?:(?:").removesuffix("))").split(")|(?:")
        parts = [re.split(r"\\b|\.\*", each) for each in expressions]
        if not all(re.fullmatch(r"[\w ,']*", part) for each in parts for part in each):
            return ("",)
        return tuple(max(each, key=len).lower() for each in parts)


class HiddenNames(_Section):
    """Names of elements that are hidden, or that plugins add."""

    classes: Names
    class_words: Annotated[re.Pattern[str], BeforeValidator(partial(_words, flags=re.ASCII))]
    plugins: Names
    plugin_prefixes: NameList
    plugin_words: NameWords

    @cached_property
    def meanings(self) -> NameMeanings:
        """Return the meanings of these names for the elements of a page."""
        return NameMeanings(self)


class NameMeanings:
    """What class names and ids mean. Cached, because the same ones occur many times in each page, and in each page.

    The keys are the names alone: the hash of an expression is computed at each look-up.
    """

    def __init__(self, names: HiddenNames) -> None:
        self._names = names
        self._hiding: dict[str, bool] = {}
        self._plugins: dict[str, bool | None] = {}

    def hide(self, classes: str) -> bool:
        """Whether class names, as written, are those of a hidden element."""
        found = self._hiding.get(classes)
        if found is None:
            found = self._hide(classes.split())
            _keep(self._hiding, classes, found)
        return found

    def name_plugin(self, names: str) -> bool | None:
        """Whether class names and ids are those of a plugin; None if one of them only contains a word of plugins."""
        if names in self._plugins:
            return self._plugins[names]
        found = self._name_plugin(names.lower().replace("_", "-"))
        _keep(self._plugins, names, found)
        return found

    def _hide(self, classes: Sequence[str]) -> bool:
        names = self._names
        if names.classes.isdisjoint(classes) and not any(map(names.class_words.fullmatch, classes)):
            return False
        return not any(map(_SHOWN_AT_A_WIDTH.fullmatch, classes))

    def _name_plugin(self, names: str) -> bool | None:
        each, plugins = names.split(), self._names
        if not plugins.plugins.isdisjoint(each) or any(name.startswith(plugins.plugin_prefixes) for name in each):
            return True
        return None if plugins.plugin_words.search(names[:_LONGEST_SEARCHED]) else False


def _keep(known: dict[str, _Known], names: str, meaning: _Known) -> None:
    # A page cannot fill the memory with names.
    if len(names) <= _LONGEST_NAMES:
        if len(known) >= _CACHED_NAMES:
            known.clear()
        known[names] = meaning


class Logo(_Section):
    """The source of a logo: its name as the site writes it, words of it in lower case, and its language."""

    name: str | None = None
    words: Text
    language: str | None = None


class SourceNames(_Section):
    """Names of sources."""

    names: Names
    logos: Mapping[str, Logo]

    @cached_property
    def all_names(self) -> frozenset[str]:
        """All names in lower case."""
        return self.names | {logo.name.casefold() for logo in self.logos.values() if logo.name}


class SiteProfile(_Section):
    """All that is known of the site's pages. Expressions are compiled; see `kcnawatch.toml` for their meaning."""

    name: ProfileName
    valid_from: date | None = None
    valid_until: date | None = None
    urls: Urls
    listing: ListingMarkup
    article: ArticleMarkup
    meta: MetaLabels
    related: RelatedBlock
    more: MoreLabels
    ajax: AjaxCall
    search: SearchQuery
    sitemap: SitemapNames
    dates: Dates
    lines: Lines
    images: Images
    blocks: BlockMarks
    hidden: HiddenNames
    sources: SourceNames

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the values in hexadecimal; empty for the built-in profile."""
        return ""

    def set_digest(self, digest: str) -> None:
        """Set the digest of a profile that was just read."""
        # A private attribute of a model takes ten times as long to read.
        self.__dict__["digest"] = digest

    @cached_property
    def end_of_list(self) -> re.Pattern[str]:
        """A line below the last teaser of a list: "More Articles", or the heading of another block."""
        return re.compile(rf"{self.more.button.pattern}|{self.related.line.pattern}", _FLAGS)

    def holds_on(self, day: date) -> bool:
        """Whether pages that were captured on this day (UTC) are read with this profile."""
        return (self.valid_from or date.min) <= day <= (self.valid_until or date.max)
