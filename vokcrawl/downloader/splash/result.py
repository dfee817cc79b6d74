"""What the script in `rendering.script` reports of the page that it has unfolded."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How the clicking went."""

    MORE = "more"  # there is more to click for
    END = "end"  # the element is gone, or a click was answered and brought nothing
    MISSING = "missing"  # the page shows no such element, though more was promised
    DEAD = "dead"  # a click did nothing at all: the site's script does not run here
    OFFSITE = "offsite"  # all that a click led to was another host, and was not sent
    STRANGE = "strange"  # a page without any article
    LATE = "late"  # the time was over before anything new was reached
    REFUSED = "refused"  # the site answered with an error, or not at all
    STUCK = "stuck"  # the site was still answering when the patience was over


# What the site's call answers when it refuses: no listing is at its end for that.
_REFUSAL = re.compile(r"-?\d+|[\[{].*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rendered:
    """The answer, checked. `pages` are HTML, one for each click; `clicks` says how many clicks those were.

    `url` is where the browser ended up; `status`, `retry_after` and `html` are the site's where it refused (`html` is
    also there for a strange page); `rest` is text that a click brought in place of articles; `blocked` is the first
    address on another host that the page wanted.
    """

    url: str
    outcome: Outcome
    pages: tuple[str, ...] = ()
    clicks: int = 0
    status: int | None = None
    retry_after: str = ""
    html: str = ""
    rest: str = ""
    blocked: str = ""

    @property
    def is_refusal(self) -> bool:
        """Whether the last click brought what the site's call answers when it refuses (``0``, ``-1``, JSON)."""
        return _REFUSAL.fullmatch(self.rest.strip()) is not None


def read_answer(body: bytes) -> Rendered:
    """Reads the body of Splash's answer. Raises `ValueError` for anything that the script would not say."""
    told = json.loads(body)
    if not isinstance(told, dict):
        raise ValueError("the answer is no object")
    pages = told.get("pages") or []
    status, clicks = told.get("status"), told.get("clicks", 0)
    if not isinstance(pages, list) or not all(isinstance(page, str) for page in pages):
        raise ValueError("pages is no list of texts")
    if not isinstance(clicks, (int, float)) or not (status is None or isinstance(status, (int, float))):
        raise ValueError("clicks or status is no number")
    return Rendered(
        url=_text(told, "url"),
        outcome=Outcome(_text(told, "outcome")),
        pages=tuple(pages),
        clicks=int(clicks),
        # Qt says 0 where there was no answer.
        status=int(status) if status else None,
        **{name: _text(told, name, "") for name in ("retry_after", "html", "rest", "blocked")},
    )


def _text(told: dict[str, Any], name: str, default: str | None = None) -> str:
    value = told.get(name, default)
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value
