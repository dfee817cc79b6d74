"""The house rules of docs/architecture.md that a machine can check."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "vokcrawl"

# What the modules of each layer may import of this project, lowest layer first. A name stands for a module or package.
LAYERS = [
    {
        "errors",
        "fields",
        "items",
        "walk",
        "windows",
        "terminal",
        "wording",
        "scratch",
        "near_duplicates",
        "log_format",
        "__init__",
    },
    {
        "fulltext",
        "pages",
        "options",
        "recheck",
        "pauses",
        "outcome",
        "problems",
        "coverage",
        "settings",
        "files",
        "sample",
    },
    {
        "bodies",
        "loaders",
        "sitemaps",
        "manifest",
        "schemas",
        "state",
        "hosts",
        "advice",
        "disk",
        "progress",
        "closing",
        "part_files",
    },
    {"archive", "recovery", "records", "chain", "snapshot", "downloader"},
    {"agreement", "shared_agreement", "run_files", "repair_files"},
    {"repair"},
    {"run", "verify", "repair_shared", "versions", "status", "monitors", "exports", "search"},
    {"listings", "pipelines", "middlewares", "rendering", "capture"},
    {"intake", "report"},
    {"replay"},
    {"spiders", "extensions", "cli", "crawls", "distributed"},
    {"commands"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def unit_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("vokcrawl"):
            parts = node.module.split(".")
            names = [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
            found.update(name for name in names if name in LEVEL)
        elif isinstance(node, ast.Import):
            assert not any(alias.name.startswith("vokcrawl.") for alias in node.names), "use from … import"
    return found


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    unit = unit_of(path)
    wrong = {name for name in imports_of(path) if name != unit and LEVEL[name] > LEVEL[unit]}
    assert not wrong, f"{unit} must not import {wrong}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "pages").glob("*.py")), ids=lambda path: path.name)
def test_pages_know_neither_engine_nor_memory(path: Path) -> None:
    assert imports_of(path) <= {"pages", "fields"}
    assert "scrapy" not in path.read_text(encoding="utf-8").lower()


@pytest.mark.parametrize(
    "name", ["walk.py", "windows.py", "recheck.py", "pauses.py", "outcome.py", "fields.py", "progress.py", "closing.py"]
)
def test_what_decides_does_no_input_or_output(name: str) -> None:
    tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not modules & {"scrapy", "sqlite3", "os", "pathlib", "socket", "lxml", "selectolax"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_grows_past_320_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320


def test_every_unit_has_its_layer() -> None:
    assert {unit_of(path) for path in MODULES} == set(LEVEL)


def test_no_two_test_modules_share_a_name() -> None:
    # Without packages pytest imports them by their bare names: of two, one would stand for both.
    names = [path.name for path in (PACKAGE.parent / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert not {name for name in names if names.count(name) > 1}
