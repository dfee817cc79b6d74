"""Package, tests and documents use the standard terms of the field; replaced terms do not come back.

`python tests/unit/test_terminology.py [FILE…]` prints each occurrence as `file:line: term`.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Replaced words that are not ordinary technical English: checked in names, texts, comments and documents.
WORDS = {
    "intake": "handler",
    "walk|walks|walked|walking": "listing crawl, pagination",
    "sweep|sweeps|swept|sweeping": "rescan",
    "scout|scouts|scouting": "probe",
    "spoil|spoils|spoilt|spoiled": "mark_incomplete",
    "undecided": "awaiting source",
    "owe|owed|owes|owing": "pending retry",
    "likeness": "similarity",
    "told": "say what is meant: serialized, reported, configured, shown, …",
    "gate|gates|gated": "block page, blocked",
    "metered": "truncated by the site",
    "findings": "extraction results",
    "readings": "extractors",
    "anew": "again, from scratch",
    "scrapys": "scrapy_settings",
}
# Parts of names. In sentences they are ordinary.
PARTS_OF_NAMES = {
    "way|ways": "discovery strategy, discovery_attempts",
    "tell|tells|telling": "notify, serialize",
    "alike": "similar",
    "doubt|doubts": "needs_confirmation",
    "settle|settled|settles": "resolve",
    "advice": "outcome help",
    "scratch": "temporary database",
    "storing": "translate_os_errors",
    "agreement": "consistency check",
    "judge|judged": "determine_outcome",
    "resort|resorts": "fallback",
    "narrower": "DateRange: split",
    "verdict": "on_incomplete, outcome",
    "stretch": "format_duration",
    "floors": "minimum field coverage",
    "wording": "humanize",
    "remember|remembers": "begin a transaction",
}
# Whole names.
NAMES = {
    "Why": "StopReason",
    "Rules": "StopRules",
    "Lead": "SourceDiscovery",
    "led_from": "discovered_from",
    "covered": "already_crawled",
    "windows": "DateRange",
    "Near": "Match",
    "News": "notification",
    "usual": "baseline",
    "least_usual": "baseline",
    "worth_telling": "should_notify",
    "Ending": "RunResult",
    "Closing": "run summary, SpiderClosing",
    "go_on": "follow_next_page",
    "broke_off": "on_incomplete",
    "hand_over": "follow_next_page, …",
    "in_blocks": "related_only",
    "held": "deferred_teasers",
    "answered": "on_request_finished",
    "take_article": "handle_article",
    "take_listed": "handle_listing",
    "take_out": "remove_records",
    "cut_back": "truncate_to",
    "SECOND_LOOK": "REMOVAL_CONFIRMATION_DELAY",
    "reading": "extractor",
    "Reading": "extractor",
    "READINGS": "EXTRACTORS",
    "said": "label_found",
    "Finding": "extraction result",
    "Facts": "run statistics",
    "shown": "redacted",
    "follows": "leader_run_id",
    "Break": "manifest chain: error",
}
# Names that are replaced only there; elsewhere they are ordinary.
ONLY_IN = {
    "shown": ("vokcrawl/config/",),
    "said": ("vokcrawl/pages/",),
    "held": ("vokcrawl/crawling/", "vokcrawl/spiders/", "vokcrawl/pages/"),
    "answered": ("vokcrawl/crawling/", "vokcrawl/spiders/", "vokcrawl/replay/", "vokcrawl/distributed/"),
    "covered": ("vokcrawl/crawling/", "vokcrawl/spiders/", "vokcrawl/policy/", "vokcrawl/storage/"),
    "reading": ("vokcrawl/",),
    "follows": ("vokcrawl/",),
}
# Whole texts: values of fields.
VALUES = {"held": "locked", "killed": "crashed", "gated": "blocked", "follows": "leader_run_id"}
# Phrases that read as if translated.
PHRASES = {
    r"left alone for": "pausing requests to … for …",
    r"another way to the source": "the next discovery strategy",
    r"say something": "must not be empty",
    r"leave it away": "omit",
    r"ending says": "the extension selects the format",
    r"(could not|to) be had": "pages failed, up to date",
    r"the brakes off": "disables throttling",
    r"is no spider": "spider not found",
    r"aside/": "quarantine/",
    r"SECOND_LOOK": "REMOVAL_CONFIRMATION_DELAY",
    r"ways_left|put_way": "discovery_attempts, stored route",
    r"(what|that) is (owed|told)": "pending retries, serialized",
}
# Standard names of other packages.
OTHERS = {"os.walk", "ast.walk", "file.tell"}
# A method of Python's file objects, overridden in a file.
OVERRIDDEN = {("vokcrawl/exports/excel.py", "tell")}
# Sentences of invented articles.
CONTENT = ("vokcrawl/sample/words.py", "vokcrawl/sample/texts.py")
# Readers of earlier formats, and their tests, which have the old keys and values.
MIGRATIONS = (
    "vokcrawl/storage/manifest_v1.py",
    "vokcrawl/storage/state/sqlite_schema.py",
    "tests/unit/storage/test_manifest_v1.py",
    "tests/integration/storage/test_old_outputs.py",
)
# Tables of an earlier state, an HTML element, and a behaviour whose name is a part of the seeds of simulations.
EXCEPTIONS = {
    *(("tests/integration/archive/test_durability.py", term) for term in ("walk", "walks", "swept", "owed")),
    ("tests/unit/sample/test_sample_site.py", "aside/"),
    *(("tests/simulation/site.py", term) for term in ("articles_metered", "metered")),
    *(("tests/simulation/world.py", term) for term in ("articles_metered", "metered")),
}
CHECKED = ("vokcrawl/", "benchmarks/", "deploy/", "docs/", "tests/", ".ci/")
TOP = ("README.md", "CONTRIBUTING.md", "Makefile", "pyproject.toml", "mkdocs.yml", "setup.py")
TEXT = (
    ".md",
    ".json",
    ".toml",
    ".yml",
    ".yaml",
    ".cfg",
    ".sh",
    ".ini",
    ".j2",
    ".html",
    ".css",
    ".conf",
    ".service",
    ".timer",
)
# Old names of settings and of words in them are named to those who still use them.
SETTING = re.compile(r"\b(VOK|SPLASH|SCRAPY)_[A-Z_]+\b")


class Found(NamedTuple):
    """An occurrence of a replaced term."""

    file: str
    line: int
    term: str
    instead: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.term} (now: {self.instead})"


def _table(*tables: dict[str, str]) -> dict[str, str]:
    return {word: instead for table in tables for words, instead in table.items() for word in words.split("|")}


_IN_TEXT = _table(WORDS)
_IN_NAMES = _table(WORDS, PARTS_OF_NAMES)
_TEXT = re.compile(rf"(?<![A-Za-z])({'|'.join(_IN_TEXT)})(?![A-Za-z])", re.IGNORECASE)
_PHRASES = {re.compile(rf"(?<![A-Za-z]){phrase}", re.IGNORECASE): instead for phrase, instead in PHRASES.items()}
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SPAN = re.compile(r"`…?([A-Za-z_][A-Za-z_.]*)(?:\(\)|…)?`")
# Texts that are names: keys of a manifest, reasons of errors, counters, and the beginnings of such names.
_NAME_IN_TEXT = re.compile(r"_?[a-z]+(?:_[a-z]+)+_?|[a-z]+_")


def in_name(name: str) -> Iterator[tuple[str, str]]:
    """The replaced terms in an identifier, each with what stands there now."""
    if name in NAMES:
        yield name, NAMES[name]
    elif not name.startswith("VOK_"):
        for part in _PART.findall(name):
            if part.lower() in _IN_NAMES:
                yield name, _IN_NAMES[part.lower()]
                return


def in_text(text: str) -> Iterator[tuple[int, str, str]]:
    """The replaced terms in a text, with the number of the line (from 0) and what stands there now."""
    for number, line in enumerate(SETTING.sub("", text).splitlines()):
        for found in _TEXT.finditer(line):
            yield number, found[0], _IN_TEXT[found[0].lower()]
        for phrase, instead in _PHRASES.items():
            if found := phrase.search(line):
                yield number, found[0], instead


def in_python(file: str, source: str) -> Iterator[Found]:
    before, before_that = "", ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        line = token.start[0]
        if token.type == tokenize.NAME:
            dotted = f"{before_that}.{token.string}" if before == "." else token.string
            ours = dotted not in OTHERS and (file, token.string) not in OVERRIDDEN
            if ours:
                yield from (Found(file, line, term, instead) for term, instead in in_name(token.string))
        elif token.type in (tokenize.COMMENT, tokenize.STRING, _FSTRING_MIDDLE):
            value = token.string.strip("rbfRBF\"'")
            # In tests these words are mostly no values of fields.
            if value in VALUES and token.type == tokenize.STRING and not file.startswith("tests/"):
                yield Found(file, line, value, VALUES[value])
            elif _NAME_IN_TEXT.fullmatch(value):
                yield from (Found(file, line, term, instead) for term, instead in in_name(value) if term not in NAMES)
            yield from (Found(file, line + more, term, instead) for more, term, instead in in_text(token.string))
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            before_that, before = before, token.string


_FSTRING_MIDDLE = getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)


def in_document(file: str, text: str) -> Iterator[Found]:
    yield from (Found(file, 1 + number, term, instead) for number, term, instead in in_text(text))
    for number, line in enumerate(text.splitlines(), 1):
        for span in _SPAN.findall(line):
            for name in span.split("."):
                yield from (
                    Found(file, number, term, instead) for term, instead in in_name(name) if name not in _IN_TEXT
                )


def in_file(root: Path, file: str) -> Iterator[Found]:
    """The replaced terms in a file and in its path."""
    if not file.startswith(CHECKED) and file not in TOP:
        return
    for part in Path(file).with_suffix("").parts:
        yield from (Found(file, 0, term, instead) for term, instead in in_name(part.replace("-", "_")))
    if file.endswith(".py"):
        yield from in_python(file, (root / file).read_text(encoding="utf-8"))
    elif file.endswith(TEXT) or file in TOP:
        yield from in_document(file, (root / file).read_text(encoding="utf-8"))


def files(root: Path) -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout
    return [
        file
        for file in listed.splitlines()
        if (root / file).is_file() and Path(file).name != Path(__file__).name and file not in MIGRATIONS
    ]


def occurrences(root: Path, of: Iterable[str]) -> list[Found]:
    found = {each for file in of for each in in_file(root, file)}
    return sorted(
        each
        for each in found
        if each.file.startswith(ONLY_IN.get(each.term, ""))
        and not (each.file in CONTENT and each.term in _IN_TEXT)
        and (each.file, each.term) not in EXCEPTIONS
    )


@pytest.mark.parametrize(
    "source",
    [
        "ways_left = 1",
        "def route_told(): ...",
        "class OwedRow: ...",
        "x = NotTold",
        "from a import TellSlack",
        "state.spoil('it')",
        "SECOND_LOOK = 2",
        "run.intake",
        "self.walks_open",
        "# what is owed",
        '"""Each walk, once."""',
        "x = 'gated'",
        "scout()",
        "f'{x} was told'",
        "report('way_missing')",
        "f'gate_{kind}'",
    ],
)
def test_replaced_terms_are_found_in_code(source: str) -> None:
    assert list(in_python("x.py", f"{source}\n"))


@pytest.mark.parametrize(
    "source",
    [
        "always = os.walk('.')",
        "# Always stop on the way to the gateway; tell pip so. Follows the order as shown.",
        "navigate = delegate(aggregate)",
        "with closing(database): ...",
        "'VOK_SWEEP_HOURS'",
        "# The memory of the process while reading a part of the head.",
    ],
)
def test_ordinary_english_is_not_found(source: str) -> None:
    assert list(in_python("x.py", f"{source}\n")) == []


def test_package_tests_and_documents_use_the_standard_terms() -> None:
    found = occurrences(ROOT, files(ROOT))
    assert not found, "\n".join(map(str, found))


if __name__ == "__main__":
    for each in occurrences(ROOT, sys.argv[1:] or files(ROOT)):
        print(each)
