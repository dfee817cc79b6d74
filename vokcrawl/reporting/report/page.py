"""Renders the templates of the report. Untrusted text is escaped, and its invisible characters are shown."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from vokcrawl import __version__
from vokcrawl.reporting.outcome_help import outcome_help
from vokcrawl.reporting.report.calendar import days_of, in_words
from vokcrawl.reporting.report.contents import MOST_GAPS, MOST_RETRIES, MOST_RUNS, Contents
from vokcrawl.reporting.report.excerpt import cut, excerpt, shortened
from vokcrawl.reporting.report.runs import MAX_DRAWN
from vokcrawl.utils.humanize import format_duration, format_size, pluralize
from vokcrawl.utils.terminal import is_seen

_TEMPLATES = Path(__file__).parent / "templates"
# Maximum length of a headline, a URL or a message.
_MAX_CHARACTERS = 300
# Maximum number of combining marks on one character; no language needs more.
_MAX_MARKS = 8


def page(contents: Contents) -> bytes:
    """Render the page as UTF-8."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        untrusted=untrusted,
        plain=_plain,
        link=_link,
        words=_words,
        day=_day,
        moment=_moment,
        format_size=format_size,
        format_duration=format_duration,
        pluralize=pluralize,
        share=_share,
        excerpt=excerpt,
        shortened=shortened,
        svg=Markup,
        gap=in_words,
        gap_days=days_of,
    )
    template = environment.get_template("report.html.j2")
    text = template.render(
        c=contents,
        status=contents.status,
        version=__version__,
        outcome_help=outcome_help,
        most={"runs": MOST_RUNS, "retries": MOST_RETRIES, "gaps": MOST_GAPS, "drawn": MAX_DRAWN},
    )
    # JSON may contain lone surrogates, which UTF-8 cannot encode.
    return text.encode("utf-8", "backslashreplace")


def untrusted(text: str, most: int = _MAX_CHARACTERS) -> Markup:
    """Return untrusted text as markup with isolated text direction; invisible characters become their code points.

    Excessive combining marks on one character are omitted.
    """
    parts: list[Markup | str] = []
    marks = 0
    for character in cut(text, most):
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


def _plain(text: str) -> str:
    """Return untrusted text for places without markup."""
    return "".join(character if is_seen(character) else " " for character in cut(text, _MAX_CHARACTERS))


def _link(url: str, text: str) -> Markup:
    """Return a link with untrusted text; only the text if the URL is not a valid http(s) URL."""
    try:
        parts = urlsplit(url)
        safe = parts.scheme in ("http", "https") and bool(parts.hostname) and all(map(is_seen, url))
    except ValueError:
        safe = False
    if not safe:
        return untrusted(text)
    return Markup('<a href="{}" rel="noreferrer noopener">{}</a>').format(url, untrusted(text))


def _words(text: str) -> Markup:
    """Return a sentence with commands between backticks. It may contain untrusted words."""
    parts = [untrusted(each, len(each)) for each in text.split("`")]
    return Markup("").join(Markup("<code>{}</code>").format(each) if at % 2 else each for at, each in enumerate(parts))


def _day(day: str) -> Markup:
    moment = datetime.fromisoformat(day)
    return Markup('<time datetime="{}">{}</time>').format(day, f"{moment.day} {moment:%B %Y}")


def _moment(value: str | datetime | None) -> Markup:
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


def _share(value: Any) -> str:
    return "–" if value is None else f"{value:.0%}"
