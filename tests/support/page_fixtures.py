"""The saved pages of `tests/fixtures/pages`, and the record that the readers extract from each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vokcrawl.crawling.article_result import article_page, find_article
from vokcrawl.normalize import article_id
from vokcrawl.pages.document import read_document
from vokcrawl.pages.extractors import EXTRACTORS
from vokcrawl.pages.profile import use_files

FOLDER = Path(__file__).parents[1] / "fixtures" / "pages"
FIXTURES: dict[str, dict[str, Any]] = {
    path.parent.name: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*/expected.json"))
}


def page_of(name: str, folder: Path = FOLDER) -> bytes:
    """The saved page of a fixture."""
    return (folder / name / "page.html").read_bytes()


def read(body: bytes, url: str) -> tuple[dict[str, Any], str | None]:
    """The record of a page without the run's fields, and why it is not delivered, if so."""
    root = read_document(body, "text/html; charset=utf-8", url).root
    found = find_article(article_page(EXTRACTORS[-1], root, url, body), str(article_id(url)), url, body)
    return found.item, found.unfit


def read_fixture(name: str, folder: Path = FOLDER) -> tuple[dict[str, Any], str | None]:
    """What `read` gives of a fixture's page, with the profile of the fixture, if it has one."""
    profile = folder / name / "profile.toml"
    address = json.loads((folder / name / "expected.json").read_text("utf-8"))["address"]
    use_files([str(profile)] if profile.exists() else [])
    try:
        return read(page_of(name, folder), address)
    finally:
        use_files([])
