"""Checks of an article's record against its teaser and the last delivered version. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from vokcrawl.normalize import content_hash

__all__ = [
    "DeliveredVersion",
    "ListedValues",
    "complete_from_teaser",
    "extractor_name",
    "lacks_its_text",
    "strategy_of",
    "unconfirmed_change",
]

_NOT_LETTERS = re.compile(r"[\W_]+")
# The strategy without known class names, as in an extractor's name.
_STRUCTURE = "structure"
# Minimum length of a title that listings cut short.
_LEAST_OF_TITLE = 20
# A body with a smaller part of the letters is much shorter; an excerpt with fewer letters proves nothing.
_MUCH_SHORTER, _LEAST_OF_EXCERPT = 0.5, 40


@dataclass(frozen=True, slots=True)
class ListedValues:
    """The normalised fields of an article's teaser on the same site; None if missing."""

    title: str | None = None
    excerpt: str | None = None
    published_on: str | None = None


def strategy_of(extractor: str) -> str:
    """The strategy in an extractor's name: ``content`` of ``kcnawatch-article/2+content+teaser(title)``."""
    return extractor.split("+")[1] if "+" in extractor else ""


def extractor_name(extractor: str) -> str:
    """Name, version and strategy, without the fields from the teaser: ``kcnawatch-article/2+content``."""
    return "+".join(extractor.split("+")[:2])


def complete_from_teaser(item: dict[str, Any], listed: ListedValues) -> tuple[dict[str, Any], dict[str, str]]:
    """Fill in the title and the date from the teaser if the page has none, and report contradictions.

    The record's `extractor` names the fields from the teaser. Contradictions are returned by error reason, with both
    values; dates contradict each other if they differ by more than a day.
    """
    shown = {"title": listed.title, "published_on": listed.published_on}
    filled = {name: value for name, value in shown.items() if value and not item.get(name)}
    problems = {}
    if listed.title and item.get("title") and not _is_same_title(item["title"], listed.title):
        problems["article_title_contradicts_teaser"] = f"{item['title']!r} on the page, {listed.title!r} in the teaser"
    day = item.get("published_on")
    if listed.published_on and day and day != listed.published_on:
        apart = abs((date.fromisoformat(day) - date.fromisoformat(listed.published_on)).days)
        if apart > 1:
            problems["article_date_contradicts_teaser"] = f"{day} on the page, {listed.published_on} in the teaser"
    if not filled:
        return item, problems
    extractor = f"{item['extractor']}+teaser({','.join(sorted(filled))})"
    whole = {**item, **filled, "extractor": extractor}
    return {**whole, "content_hash": content_hash(whole.get("title") or "", whole["body"])}, problems


def lacks_its_text(item: dict[str, Any], listed: ListedValues) -> bool:
    """Whether the body is empty or much shorter than its beginning in the teaser. An excerpt may be the headline."""
    if item.get("truncated") or not listed.excerpt:
        return False
    excerpt, body = _letters(listed.excerpt), item["body"]
    # The beginning of nearly each body is long enough.
    for letters in map(_letters, (body[: 2 * len(listed.excerpt)], body)):
        if letters and (len(excerpt) < _LEAST_OF_EXCERPT or len(letters) >= len(excerpt) * _MUCH_SHORTER):
            return False
    return bool(excerpt) and excerpt not in {_letters(each) for each in (item.get("title"), listed.title) if each}


@dataclass(frozen=True, slots=True)
class DeliveredVersion:
    """The last delivered version of an article. `extractor` and `body_length` are None if they are not known."""

    has_body: bool
    extractor: str | None = None
    body_length: int | None = None


def unconfirmed_change(item: dict[str, Any], delivered: DeliveredVersion, retry_reason: str | None) -> str | None:
    """Return the retry reason of a change that has to be confirmed before it becomes a revision, or None.

    It has to be if the page was read by another extractor or strategy than the delivered version, or if the body is
    now empty or much shorter: that may be a change of the theme rather than of the text. `retry_reason` is the reason
    in the retry queue, if any: a second response with the same text confirms the change.
    """
    reason = f"unconfirmed_change_{item['content_hash'].removeprefix('sha256:')[:16]}"
    return reason if _may_be_worse(item, delivered) and retry_reason != reason else None


def _may_be_worse(item: dict[str, Any], delivered: DeliveredVersion) -> bool:
    if delivered.has_body and not item["body"]:
        return True
    if delivered.body_length is not None and len(item["body"]) < delivered.body_length * _MUCH_SHORTER:
        return True
    if delivered.extractor is None:
        return strategy_of(item["extractor"]) == _STRUCTURE
    return extractor_name(item["extractor"]) != delivered.extractor


def _is_same_title(one: str, other: str) -> bool:
    if one == other:
        return True
    first, second = sorted((_letters(one), _letters(other)), key=len)
    return first == second or (len(first) >= _LEAST_OF_TITLE and second.startswith(first))


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text.casefold())
