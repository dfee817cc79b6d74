"""The result of a step: what a browser has found by clicking on "More Articles"."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How the clicks ended."""

    MORE = "more"  # the button is still there
    END = "end"  # the button is gone, or a click was answered and added nothing
    MISSING = "missing"  # the page has no button, although one was expected
    DEAD = "dead"  # a click had no effect: the site's script does not run in this browser
    OFFSITE = "offsite"  # a click caused only requests to other hosts, which were not sent
    STRANGE = "strange"  # a page without articles
    LATE = "late"  # the time was over before a new page was reached
    REFUSED = "refused"  # the site responded with an error, or not at all
    STUCK = "stuck"  # the site did not complete its response in time


# Key in `Response.meta`: the result, as `Rendered`.
RENDERED = "vok_rendered"
# Responses of the site's ajax endpoint that are refusals, not the end of the listing.
_REFUSAL = re.compile(r"-?\d+|[\[{].*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rendered:
    """The validated result. `pages` is the HTML that each click has added; `clicks` is their number.

    `url` is the final URL. `status`, `retry_after` and `html` are from the site's refusal (`html` also from a page
    without articles). `rest` is text that a click has added instead of articles. `blocked` is the first URL on another
    host that the page requested.
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
        """Whether the last click was answered with a refusal of the ajax endpoint (``0``, ``-1``, JSON)."""
        return _REFUSAL.fullmatch(self.rest.strip()) is not None

    def to_json(self) -> bytes:
        """Serialize the result, in the form that `read_answer` reads."""
        return json.dumps(asdict(self)).encode()


def read_answer(body: bytes) -> Rendered:
    """Parse the body of a response of Splash. Raises `ValueError` for anything that the script does not return."""
    result = json.loads(body)
    if not isinstance(result, dict):
        raise ValueError("not an object")
    pages = result.get("pages") or []
    status, clicks = result.get("status"), result.get("clicks", 0)
    if not isinstance(pages, list) or not all(isinstance(page, str) for page in pages):
        raise ValueError("pages is not a list of strings")
    if not isinstance(clicks, (int, float)) or not (status is None or isinstance(status, (int, float))):
        raise ValueError("clicks or status is not a number")
    return Rendered(
        url=_text(result, "url"),
        outcome=Outcome(_text(result, "outcome")),
        pages=tuple(pages),
        clicks=int(clicks),
        # Qt returns 0 if there was no response.
        status=int(status) if status else None,
        **{name: _text(result, name, "") for name in ("retry_after", "html", "rest", "blocked")},
    )


def _text(result: dict[str, Any], name: str, default: str | None = None) -> str:
    value = result.get(name, default)
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a string")
    return value
