"""`scrapy demo` for sites of different sizes: whatever N is, the crawl is complete and the words match it."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.children import ROOT, run
from tests.support.crawling import environment


@pytest.mark.parametrize(
    ("articles", "words", "published", "delivered"),
    [
        (1, "a sample site of 1 invented article …", False, "1 article and 1 teaser, in:"),
        # A listing of one full page, and one of two.
        (10, "a sample site of 10 invented articles …", True, "11 articles and 11 teasers, in:"),
        (20, "a sample site of 20 invented articles …", True, "21 articles and 21 teasers, in:"),
    ],
)
def test_demo_of_any_size_is_complete_and_its_words_match(
    articles: int, words: str, published: bool, delivered: str, output: Path
) -> None:
    command = [sys.executable, "-m", "scrapy", "demo", "--articles", str(articles)]
    done = run(command, env=environment({"VOK_OUTPUT_DIR": str(output)}))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].endswith(words)
    assert ("The site published 1 more article during the crawl." in lines) is published
    assert delivered in lines
    (path,) = (output / "demo" / "runs").glob("*.json")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    assert manifest["exit_code"] == 0
    assert [listing["complete"] for listing in manifest["listings"]] == [True]
    # The commands for looking at the result work as printed.
    steps = [line.partition("    #")[0].strip() for line in lines[lines.index("Next steps:") + 1 :]]
    show, search, browse, feed = steps[:4]
    assert browse == f"make browse VOK_OUTPUT_DIR={output / 'demo'}"
    if articles == 1:
        for step, expected in ((show, "History\n"), (search, " found")):
            shown = run([sys.executable, "-m", *shlex.split(step)], env=environment())
            assert shown.returncode == 0, shown.stderr
            assert expected in shown.stdout
            assert "0 found" not in shown.stdout
        # make prints the command without running it.
        command = ["make", "-n", "-o", ".venv/browse-ready", *shlex.split(browse)[1:]]
        printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
        assert f"scrapy browse -s VOK_OUTPUT_DIR='{output / 'demo'}'" in printed.stdout
    assert Path(feed).read_bytes().startswith(b"<?xml")
