"""Chromium missing, not runnable, or without its package: a sentence with the setting, and the right exit code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from scrapy.settings import Settings

from tests.support.children import ROOT
from tests.support.crawling import Crawl
from vokcrawl.config import Options
from vokcrawl.errors import UsageError
from vokcrawl.sample import SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]


def options(**values: object) -> Options:
    settings = Settings()
    settings.setmodule("vokcrawl.settings.base", priority="project")
    settings.setdict(values, priority="cmdline")
    return Options.read(settings)


def test_named_program_that_does_not_exist_ends_the_crawl_with_2(crawl: Crawling, output: Path) -> None:
    settings = {"VOK_BROWSER": "playwright", "VOK_CHROMIUM": "/nowhere/chromium"}
    done = crawl("http://127.0.0.1:9/article/163/", output, settings=settings)
    assert done.code == 2
    assert "VOK_CHROMIUM: '/nowhere/chromium' is not a program that can be run, or empty" in done.stderr
    assert not output.exists()


def test_no_program_on_the_path_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"^VOK_BROWSER: none of chromium, .* is on the PATH; .*VOK_CHROMIUM$"):
        options(VOK_BROWSER="playwright")
    assert options(VOK_BROWSER="splash").browser == "splash"


def test_missing_package_is_an_error_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vokcrawl.config.settings.find_spec", lambda name: None if name == "playwright" else name)
    with pytest.raises(UsageError, match=r"^VOK_BROWSER: needs the package playwright, .*; run `pip install .*browser"):
        options(VOK_BROWSER="playwright", VOK_CHROMIUM=sys.executable)


def test_program_that_is_no_chromium_is_reported_and_the_first_page_is_delivered(
    crawl: Crawling, serve: Serving, output: Path, tmp_path: Path
) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    program.chmod(0o755)
    server = serve(15, more="script")
    settings = {"VOK_BROWSER": "playwright", "VOK_CHROMIUM": program, "RETRY_TIMES": 0}
    done = crawl(f"{server.url}/article/163/", output, settings=settings)
    assert (done.code, done.errors.get("listing_browser_unreachable")) == (14, 1), done.stderr
    assert f"Chromium ({program}) does not start" in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.manifest["listings"][0]["complete"]
    assert {each["id"] for each in server.site.truth()["teasers"][:10]} <= {each["id"] for each in done.teasers()}


def test_nothing_of_playwright_is_loaded_unless_it_is_used() -> None:
    code = "import sys, vokcrawl.spiders.vok; sys.exit('playwright' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
