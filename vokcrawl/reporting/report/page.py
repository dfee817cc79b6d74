"""Renders the templates of the report."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from vokcrawl import __version__
from vokcrawl.reporting.outcome_help import outcome_help
from vokcrawl.reporting.report.calendar import days_of, in_words
from vokcrawl.reporting.report.contents import MOST_GAPS, MOST_RETRIES, MOST_RUNS, Contents
from vokcrawl.reporting.report.excerpt import excerpt, shortened
from vokcrawl.reporting.report.markup import encode_page, template_environment, words
from vokcrawl.reporting.report.runs import MAX_DRAWN
from vokcrawl.utils.humanize import format_duration, format_size

_TEMPLATES = Path(__file__).parent / "templates"


def page(contents: Contents, copy: str | None = None) -> bytes:
    """Render the page as UTF-8. `copy` is the address of our own pages, with a slash at its end, to link to them."""
    environment = template_environment(_TEMPLATES)
    environment.filters.update(
        words=words,
        format_size=format_size,
        format_duration=format_duration,
        share=_share,
        excerpt=excerpt,
        shortened=shortened,
        svg=Markup,
        gap=in_words,
        gap_days=days_of,
    )
    environment.globals["our_copy"] = partial(_our_copy, copy)
    template = environment.get_template("report.html.j2")
    text = template.render(
        c=contents,
        status=contents.status,
        version=__version__,
        outcome_help=outcome_help,
        most={"runs": MOST_RUNS, "retries": MOST_RETRIES, "gaps": MOST_GAPS, "drawn": MAX_DRAWN},
    )
    return encode_page(text)


def _share(value: Any) -> str:
    return "–" if value is None else f"{value:.0%}"


def _our_copy(copy: str | None, identity: str) -> Markup:
    """Return a link to our own page of an article, to stand behind the one to the site."""
    if copy is None:
        return Markup()
    return Markup(' (<a href="{}article/{}.html">our copy</a>)').format(copy, identity)
