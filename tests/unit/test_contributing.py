"""CONTRIBUTING.md and README.md name files, directories and make targets that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

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


def test_contributing_names_only_identifiers_that_exist() -> None:
    spans = re.findall(r"`@?([A-Za-z_][\w.]*)(?:\([\w.]*\))?`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    names = {part for span in spans for part in span.split(".")}
    assert {"EXTRACTORS", "note_page", "TableWriter", "RENAMED"} <= names
    files = [*(ROOT / "vokcrawl").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), ROOT / "pyproject.toml"]
    words = {
        word
        for file in files
        if file != Path(__file__)
        for word in re.findall(r"\w+", file.read_text(encoding="utf-8"))
    }
    words |= (
        {path.name for path in ROOT.iterdir()}
        | {path.stem for path in ROOT.iterdir()}
        | {"md", "make", "git", "python3"}
    )
    assert sorted(names - words) == []


def _extras() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return set(project["optional-dependencies"])


def test_readme_lists_every_extra() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("| extra | adds |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([a-z]+)`", table, re.MULTILINE)) == _extras() - {"all", "docs", "dev"}


def test_install_commands_name_extras_and_pinned_files_that_exist() -> None:
    call = re.compile(r"(?:install_command\(|missing_package\([^)]*, )[\"'](\w+)")
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "vokcrawl").rglob("*.py")]
    named = {name for source in sources for name in call.findall(source)}
    assert len(named) >= 7
    assert named <= _extras()
    assert [name for name in sorted(named - {"splash"}) if not (ROOT / "requirements" / f"{name}.txt").is_file()] == []
