"""Stores a page with the record that is extracted from it, as a fixture of the tests."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from vokcrawl.crawling.article_result import article_page, find_article
from vokcrawl.doctor.captured import Page
from vokcrawl.errors import UsageError
from vokcrawl.pages.document import PageFault, read_document
from vokcrawl.pages.extractors import extractor_at
from vokcrawl.storage.output_folder import translate_os_errors

__all__ = ["check_target", "save_fixture"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
_FIELDS = ("title", "published_on", "source", "language", "story", "url", "original_url", "body", "truncated")


def check_target(name: str, directory: Path) -> Path:
    """The new directory of a fixture. Raises `UsageError` if the name is invalid or exists, or without `directory`."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"--save-fixture: {name!r} is not a name of lower-case letters, digits and underscores")
    if not directory.is_dir():
        raise UsageError(f"--save-fixture: {directory} is not a directory; run it in a checkout of the project")
    if (directory / name).exists():
        raise UsageError(f"--save-fixture: {directory / name} exists; choose another name, or remove it")
    return directory / name


def save_fixture(page: Page, target: Path, profiles: tuple[str, ...]) -> dict[str, Any]:
    """Write the page, its expected record, and the profile in use, and return what is expected.

    Nothing is left if that fails. Raises `UsageError` for a page that is no article, or `StorageError`.
    """
    expected = {"address": page.url, "captured_on": page.at.date().isoformat(), **_result(page)}
    part = target.with_name(f"{target.name}-{os.getpid()}.part")
    try:
        with translate_os_errors(target):
            part.mkdir()
            (part / "page.html").write_bytes(page.answer.body)
            text = json.dumps(expected, ensure_ascii=False, indent=1)
            (part / "expected.json").write_text(f"{text}\n", encoding="utf-8")
            if profiles:
                shutil.copyfile(profiles[0], part / "profile.toml")
            part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return expected


def _result(page: Page) -> dict[str, Any]:
    """The record of the page, or the fault that it has instead."""
    identity = page.article
    if identity is None:
        raise UsageError(f"--save-fixture: {page.url} is not the URL of an article")
    if page.answer.status != 200:
        raise UsageError(f"--save-fixture: {page.url} was answered with status {page.answer.status}")
    try:
        document = read_document(page.answer.body, page.answer.headers.get("content-type", ""), page.url)
        article = article_page(extractor_at(page.at), document.root, page.url, page.answer.body)
        found = find_article(article, identity, page.url, page.answer.body)
    except PageFault as fault:
        return {"fault": fault.name}
    if found.unfit is not None:
        return {"fault": found.unfit}
    record = {name: found.item[name] for name in _FIELDS if found.item.get(name) is not None}
    return {"record": {**record, "images": [each["url"] for each in found.item.get("images") or []]}}
