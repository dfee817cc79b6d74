"""From a redesign that the crawler cannot read to a profile that reads it completely: `scrapy doctor --suggest`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.commands import Crawling, Serving, scrapy
from tests.support.expected_records import assert_whole
from vokcrawl.pages.profile import read_profile

FAST = ("-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0", "-s", "LOG_LEVEL=ERROR")


def test_suggested_profile_reads_a_strange_site_completely(crawl: Crawling, serve: Serving, tmp_path: Path) -> None:
    server = serve(45, skin="strange")
    start, output, profile = f"{server.url}/article/163/", tmp_path / "output", tmp_path / "my.toml"

    # The built-in profile cannot read it.
    done = scrapy("doctor", start, "--suggest", str(profile), *FAST, output=output)
    assert done.code == 12, done.stdout
    assert "source was not found in 3 of 3 articles" in " ".join(done.stdout.split())
    assert "proposed keys" in done.stderr

    # The suggested one reads each field, without a line by hand.
    used = ("-s", f"VOK_SITE_PROFILE={profile}")
    results = tmp_path / "results.json"
    done = scrapy("doctor", start, "--json", str(results), *used, *FAST, output=output)
    assert done.code == 0, done.stdout
    found = json.loads(results.read_text(encoding="utf-8"))
    confirmed = {"title", "published_on", "source", "body", "original_url"}
    results_by_name = {(each["name"], each["result"]) for article in found["articles"] for each in article["fields"]}
    assert {(name, result) for name, result in results_by_name if name in confirmed} == {
        (name, "confirmed") for name in confirmed
    }

    # A crawl gives all records in every field, and they name the profile.
    whole = crawl(start, tmp_path / "crawled", settings={"VOK_SITE_PROFILE": str(profile)})
    assert whole.code == 0, whole.stderr
    assert_whole(whole, server.site)
    digest = read_profile(str(profile)).digest
    assert {each["extractor"].split("+")[0] for each in whole.articles()} == {
        f"kcnawatch-article/2.profile-{digest[:12]}"
    }
    assert whole.manifest["settings"]["VOK_SITE_PROFILE_SHA256"] == digest


@pytest.mark.parametrize("text", ["[article]\ncontent = 'p..a'", "[nope]\na = 1"])
def test_crawl_with_a_wrong_profile_ends_with_2(text: str, crawl: Crawling, tmp_path: Path) -> None:
    profile = tmp_path / "my.toml"
    profile.write_text(text, encoding="utf-8")
    done = crawl("http://127.0.0.1:9/article/163/", tmp_path / "output", settings={"VOK_SITE_PROFILE": str(profile)})
    assert done.code == 2
    assert f"VOK_SITE_PROFILE: {profile}, line " in done.stderr
    assert not (tmp_path / "output").exists()
