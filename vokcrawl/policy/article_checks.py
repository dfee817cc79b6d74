"""What an article's record is checked against: its teaser, and the version that was delivered before. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from vokcrawl.normalize import content_hash

__all__ = ["ListedValues", "complete_from_teaser", "lacks_its_text", "strategy_of", "unconfirmed_change"]

_NOT_LETTERS = re.compile(r"[\W_]+")
# The strategy that leans on the page's structure alone, as an extractor's name has it.
_STRUCTURE = "structure"
# A title that listings cut short has at least so many letters of the whole.
_LEAST_OF_TITLE = 20


@dataclass(frozen=True, slots=True)
class ListedValues:
    """What a teaser on the same site shows of an article, normalised; None where it shows nothing."""

    title: str | None = None
    excerpt: str | None = None
    published_on: str | None = None


def strategy_of(extractor: str) -> str:
    """The strategy in an extractor's name: ``content`` of ``kcnawatch-article/2+content+teaser(title)``."""
    return extractor.split("+")[1] if "+" in extractor else ""


def complete_from_teaser(item: dict[str, Any], listed: ListedValues) -> tuple[dict[str, Any], dict[str, str]]:
    """The article's record with the teaser's title and day where the page is silent; and where both contradict.

    The record's `extractor` names the fields that are the teaser's. Contradictions are given by problem, each
    with both values; days are one where they differ by more than a day.
    """
    shown = {"title": listed.title, "published_on": listed.published_on}
    filled = {name: value for name, value in shown.items() if value and not item.get(name)}
    problems = {}
    if listed.title and item.get("title") and not _is_same_title(item["title"], listed.title):
        problems["article_title_contradicts_teaser"] = f"{item['title']!r} on the page, {listed.title!r} in the teaser"
    day = item.get("published_on")
    if listed.published_on and day:
        apart = abs((date.fromisoformat(day) - date.fromisoformat(listed.published_on)).days)
        if apart > 1:
            problems["article_date_contradicts_teaser"] = f"{day} on the page, {listed.published_on} in the teaser"
    if not filled:
        return item, problems
    extractor = f"{item['extractor']}+teaser({','.join(sorted(filled))})"
    whole = {**item, **filled, "extractor": extractor}
    return {**whole, "content_hash": content_hash(whole.get("title") or "", whole["body"])}, problems


def lacks_its_text(item: dict[str, Any], listed: ListedValues) -> bool:
    """Whether a record has no body though its teaser shows the beginning of one. An excerpt may be the headline."""
    if item["body"] or not listed.excerpt:
        return False
    excerpt = _letters(listed.excerpt)
    return bool(excerpt) and excerpt not in {_letters(each) for each in (item.get("title"), listed.title) if each}


def unconfirmed_change(item: dict[str, Any], had_body: bool, earlier: str | None) -> str | None:
    """Why a changed article is looked at again before a revision is delivered; None where it is no worse a reading.

    `had_body` says that the delivered version has a text; `earlier` is the reason for which the article was to be asked
    for again, if it was: a second look that finds the same confirms the change.
    """
    is_worse = (had_body and not item["body"]) or strategy_of(item["extractor"]) == _STRUCTURE
    reason = f"unconfirmed_change_{item['content_hash'].removeprefix('sha256:')[:16]}"
    return reason if is_worse and earlier != reason else None


def _is_same_title(one: str, other: str) -> bool:
    first, second = sorted((_letters(one), _letters(other)), key=len)
    return first == second or (len(first) >= _LEAST_OF_TITLE and second.startswith(first))


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text.casefold())
