"""Markup of untrusted text, links and times, for pages made with Jinja.

Untrusted text is escaped, and its invisible characters are shown.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from vokcrawl.reporting.report.excerpt import cut
from vokcrawl.utils.humanize import pluralize
from vokcrawl.utils.terminal import is_seen

# Maximum length of a headline, a URL or a message.
_MAX_CHARACTERS = 300
# Maximum number of combining marks on one character; no language needs more.
_MAX_MARKS = 8


def template_environment(templates: Path) -> Environment:
    """Return the environment of the templates in a directory: all text is escaped."""
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        untrusted=untrusted, plain=plain, link=link, day=format_day, moment=format_moment, pluralize=pluralize
    )
    return environment


def encode_page(page: str) -> bytes:
    """Return a page in UTF-8. JSON may contain lone surrogates, which UTF-8 cannot encode."""
    return page.encode("utf-8", "backslashreplace")


def untrusted(text: str, most: int = _MAX_CHARACTERS) -> Markup:
    """Return untrusted text as markup with isolated text direction; invisible characters become their code points.

    Excessive combining marks on one character are omitted.
    """
    shown = cut(text, most)
    if shown.isascii() and shown.replace("\n", "").isprintable():
        # Most texts: nothing in them is invisible or has another direction.
        return escape(shown)
    parts: list[Markup | str] = []
    marks = 0
    for character in shown:
        marks = marks + 1 if unicodedata.category(character).startswith("M") else 0
        if marks <= _MAX_MARKS:
            parts.append(_character_or_code(character))
        elif marks == _MAX_MARKS + 1:
            parts.append(Markup('<span class="unseen">more marks</span>'))
    return Markup("<bdi>{}</bdi>").format(Markup("").join(parts))


def _character_or_code(character: str) -> Markup | str:
    if character in "\n " or is_seen(character):
        return character
    name = unicodedata.name(character, "control character")
    return Markup('<span class="unseen" title="{}">U+{:04X}</span>').format(name, ord(character))


def plain(text: str) -> str:
    """Return untrusted text for places without markup."""
    return "".join(character if is_seen(character) else " " for character in cut(text, _MAX_CHARACTERS))


def link(url: str, text: str) -> Markup:
    """Return a link with untrusted text; only the text if the URL is not a valid http(s) URL."""
    try:
        parts = urlsplit(url)
        safe = parts.scheme in ("http", "https") and bool(parts.hostname) and all(map(is_seen, url))
    except ValueError:
        safe = False
    if not safe:
        return untrusted(text)
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(url, untrusted(text))


def words(text: str) -> Markup:
    """Return a sentence with commands between backticks. It may contain untrusted words."""
    parts = [untrusted(each, len(each)) for each in text.split("`")]
    return Markup("").join(Markup("<code>{}</code>").format(each) if at % 2 else each for at, each in enumerate(parts))


def format_day(day: str) -> Markup:
    """Format a day in words."""
    moment = datetime.fromisoformat(day)
    return Markup('<time datetime="{}">{}</time>').format(day, f"{moment.day} {moment:%B %Y}")


def format_moment(value: str | datetime | None) -> Markup:
    """Format a time in UTC."""
    if value is None:
        return Markup("unknown")
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except ValueError:
        return untrusted(str(value))
    moment = moment.astimezone(UTC)
    words = f"{moment.day} {moment:%b %Y}, {moment:%H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(f"{moment:%Y-%m-%dT%H:%M:%SZ}", words)
