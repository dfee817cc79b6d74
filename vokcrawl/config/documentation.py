"""The tables of docs/settings.md, made from the models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pydantic.fields import FieldInfo

from vokcrawl.config.alerts import Alerts
from vokcrawl.config.arguments import Arguments
from vokcrawl.config.model import allowed_phrase, is_secret
from vokcrawl.config.settings import Options


def tables() -> dict[str, str]:
    """The tables in Markdown, by the names of their places in the page."""
    return {
        "crawl": _settings_table(Options.by_setting()),
        "alerts": _settings_table(Alerts.by_setting()),
        "arguments": _table(
            ("argument", "value", "meaning"),
            (
                (f"`{name}`", allowed_phrase(field), field.description or "")
                for name, field in Arguments.model_fields.items()
            ),
        ),
    }


def update(page: str) -> str:
    """The page with its tables replaced, each between ``<!-- table: NAME -->`` and ``<!-- end -->``.

    Raises:
        ValueError: The page lacks the place of a table, or has one that is unknown.
    """
    made = tables()
    places = re.findall(r"<!-- table: (\w+) -->\n.*?<!-- end -->", page, re.DOTALL)
    if sorted(places) != sorted(made):
        raise ValueError(f"the page has places for the tables {places}; expected are {list(made)}")
    for name, table in made.items():
        begin, end = f"<!-- table: {name} -->\n", "<!-- end -->"
        head, _, rest = page.partition(begin)
        page = head + begin + table + end + rest.partition(end)[2]
    return page


def _settings_table(fields: Mapping[str, FieldInfo]) -> str:
    return _table(
        ("setting", "default", "value", "meaning"),
        ((f"`{name}`", _default(field), allowed_phrase(field), _description(field)) for name, field in fields.items()),
    )


def _default(field: FieldInfo) -> str:
    value = field.default
    text = str(int(value)) if isinstance(value, bool) else str(value)
    return f"`{text}`" if text else "empty"


def _description(field: FieldInfo) -> str:
    return ("Secret. " if is_secret(field) else "") + (field.description or "")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
