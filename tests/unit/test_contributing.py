"""CONTRIBUTING.md and README.md name files, directories and make targets that exist."""

from __future__ import annotations

import re

import pytest

from tests.support.children import ROOT

PAGES = ("CONTRIBUTING.md", "README.md")
# A path in backticks, or the target of a link.
_PATH = re.compile(r"`((?:vokcrawl|tests|docs|deploy|benchmarks|\.ci)/[\w./-]*)`|\]\((?!http)([\w./-]+)\)")
_TARGET = re.compile(r"(?:`|^)(?:[A-Z_]+=\S+ )?make ([a-z]+)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_page_names_only_files_that_exist(page: str) -> None:
    names = {first or second for first, second in _PATH.findall((ROOT / page).read_text(encoding="utf-8"))}
    assert len(names) >= 5
    assert [name for name in sorted(names) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_page_names_only_make_targets_that_exist(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = set(_TARGET.findall((ROOT / page).read_text(encoding="utf-8")))
    assert {"demo", "crawl"} <= targets
    assert len(named) >= 2
    assert named <= targets
