"""A change of the site, as docs/site-changes.md describes it: its commands, in order, on the sample site."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.commands import Crawling
from tests.support.crawling import Crawl, environment
from tests.support.page_fixtures import read_fixture
from tests.support.printed_commands import printed
from tests.support.servers import free_port
from vokcrawl.sample import SampleServer, SampleSite

PAGE = "docs/site-changes.md"
BEFORE = datetime(2026, 1, 15, 6, tzinfo=UTC)
# The exit codes of the printed commands that do not succeed: the site has changed.
CODES = {"scrapy doctor": 12, "scrapy doctor --suggest my.toml": 12}
COMMANDS = [
    each.command
    for each in printed()
    if each.page == PAGE and each.block and ("doctor" in each.command or "my.toml" in each.command)
]


@pytest.mark.thorough
def test_printed_commands_correct_a_change_of_the_site(crawl: Crawling, tmp_path: Path) -> None:
    checkout, port = tmp_path / "checkout", free_port()
    fixtures = checkout / "tests" / "fixtures" / "pages"
    fixtures.mkdir(parents=True)
    for name in ("scrapy.cfg", "vokcrawl"):
        (checkout / name).symlink_to(ROOT / name)
    start = f"http://127.0.0.1:{port}/article/163/"
    with SampleServer(SampleSite(24, faults=()), port):
        done = crawl(start, checkout / "output", at=BEFORE)
        assert done.code == 0, done.stderr
    # The same articles in other markup.
    changed = SampleSite(24, faults=(), skin="strange")
    shown: dict[str, str] = {}
    with SampleServer(changed, port):
        article = changed.truth()["articles"][0]
        env = environment({"SCRAPY_PROJECT": "sample", "VOK_START_URLS": start, "VOK_OUTPUT_DIR": "output"})
        for command in COMMANDS:
            words = command.replace("URL", article["url"]).replace("NAME", "new_layout").split()
            if "--archive" in words:
                # It would propose values for the markup before the change.
                continue
            if words[1] == "replay":
                _valid_from_today(checkout / "my.toml")
            ended = subprocess.run(
                [sys.executable, "-m", *words], env=env, cwd=checkout, capture_output=True, text=True, check=False
            )
            assert ended.returncode == CODES.get(command, 0), f"{command}\n{ended.stdout}\n{ended.stderr}"
            assert "Traceback" not in ended.stderr
            shown[command] = ended.stdout
    assert set(CODES) <= set(shown)
    assert "ready" in shown["scrapy doctor -s VOK_SITE_PROFILE=my.toml"]
    # The old pages are read as before, and the new ones give the same records: nothing is delivered again.
    assert "articles: 24 the same, 0 would change" in shown["scrapy replay --diff -s VOK_SITE_PROFILE=my.toml"]
    assert {each["revision"] for each in Crawl(0, "", "", checkout / "output").articles()} == {1}
    # The fixture is a test of its own, with the profile.
    expected = json.loads((fixtures / "new_layout" / "expected.json").read_text("utf-8"))
    item, unfit = read_fixture("new_layout", fixtures)
    assert unfit is None
    for field, value in expected["record"].items():
        assert ([each["url"] for each in item["images"]] if field == "images" else item[field]) == value
    fields = ("title", "published_on", "source", "body", "original_url")
    assert {name: expected["record"][name] for name in fields} == {name: article[name] for name in fields}
    assert {each.name for each in (fixtures / "new_layout").iterdir()} == {
        "expected.json",
        "page.html",
        "profile.toml",
    }


def _valid_from_today(profile: Path) -> None:
    """The line by hand: the day of the change."""
    text = profile.read_text(encoding="utf-8")
    profile.write_text(f"valid_from = {datetime.now(UTC).date()}\n{text}", encoding="utf-8")
