"""The templates, their filters, and the contents of an article's page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from vokcrawl.browse.differences import side_by_side
from vokcrawl.browse.queries import Article, Record
from vokcrawl.errors import StorageError
from vokcrawl.reporting.citation import Citation, ManifestReference
from vokcrawl.reporting.report.difference import Comparison
from vokcrawl.reporting.report.markup import template_environment, untrusted
from vokcrawl.search.query import MATCH_END, MATCH_START
from vokcrawl.storage.manifest import read_manifest
from vokcrawl.storage.output_folder import TIMESTAMP_ENDING, OutputFolder
from vokcrawl.utils.humanize import format_size

STATIC = Path(__file__).parent / "static"
_TEMPLATES = Path(__file__).parent / "templates"
_MARKED = re.compile(f"{MATCH_START}([^{MATCH_START}{MATCH_END}]*){MATCH_END}")
# Comparisons on the page of an article; the page of a version always has one.
_MAX_COMPARISONS = 10
# Characters of a text that a page shows.
MAX_TEXT = 200_000


def browse_templates() -> Environment:
    """Return the environment of the templates: all text is escaped."""
    environment = template_environment(_TEMPLATES)
    environment.filters.update(size=format_size, marked=_marked, month=_month_name)
    environment.globals["max_text"] = MAX_TEXT
    return environment


@dataclass(frozen=True, slots=True)
class SameStory:
    """An article of the same story: the number of its archive (0 is this one), and its row in a list."""

    archive: int
    row: Record


class ArticlePages:
    """Prepares the pages of the articles of an output directory."""

    def __init__(self, folder: OutputFolder) -> None:
        self._folder = folder
        self._read_manifest = lru_cache(maxsize=64)(self._cited_manifest)

    def context(
        self, article: Article, record: Record | None, *, permanent: bool, stories: Sequence[SameStory] = ()
    ) -> dict[str, Any]:
        """Return the variables of the template `article.html.j2` for a version.

        With `permanent`, the page is about this version, otherwise about the article.
        """
        comparison = Comparison()
        later = [record] if permanent and record else list(reversed(article.versions))
        pairs = [(before, each) for each in later if (before := article.before(each["revision"]))]
        compared = [(old, new, side_by_side(comparison, old, new)) for old, new in pairs[:_MAX_COMPARISONS]]
        return {
            "article": article,
            "record": record,
            "permanent": permanent,
            "compared": compared,
            "omitted": len(pairs) - len(compared),
            "citation": Citation(record, self._manifest(record["run_id"])).text() if record else "",
            "stories": stories,
        }

    def _manifest(self, run_id: str) -> ManifestReference | None:
        path = self._folder.manifest(run_id)
        # The manifest comes at the end of the run, and its token after it.
        return self._read_manifest(run_id, *(each.exists() for each in (path, path.with_suffix(TIMESTAMP_ENDING))))

    def _cited_manifest(self, run_id: str, *_state: bool) -> ManifestReference | None:
        try:
            reference = ManifestReference.of_run(self._folder, run_id)
        except StorageError:
            # The page of the run says what is wrong with it.
            return None
        if reference is None or reference.token is None:
            return reference
        return _with_token_time(reference, self._folder.manifest(run_id))


def _with_token_time(reference: ManifestReference, manifest: Path) -> ManifestReference:
    """Add the time of the token, if the packages that read it are installed; without the token if it is invalid."""
    try:
        from vokcrawl.timestamps.tokens import TokenError, manifest_time  # noqa: PLC0415  optional packages
    except ImportError:
        return reference
    try:
        return replace(reference, stamped_at=manifest_time(manifest))
    except (TokenError, StorageError):
        # `scrapy verify` says what is wrong with it.
        return replace(reference, token=None)


def manifest_values(path: Path) -> dict[str, Any]:
    """Return what the pages show of a manifest; of an invalid one its fault."""
    try:
        manifest, sha256 = read_manifest(path)
    except StorageError as fault:
        return {"run_id": path.stem, "fault": str(fault)}
    return {**manifest.model_dump(), "sha256": sha256, "fault": None}


def _marked(passage: str) -> Markup:
    """Return a passage of a search with its matches marked."""
    parts = _MARKED.split(" ".join(passage.split(" ")))
    marked = (
        Markup("<mark>{}</mark>").format(untrusted(each, len(each))) if place % 2 else untrusted(each, len(each))
        for place, each in enumerate(parts)
    )
    return Markup("").join(marked)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _month_name(month: str) -> str:
    """Return the short name of a month such as ``2025-06``."""
    return _MONTHS[int(month[5:]) - 1] if month else "no date"
