"""`scrapy doctor --browser`: the body of an article against what a real Chromium shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Done, scrapy
from tests.support.hostile_site import HostileSite, with_body
from vokcrawl.sample import Answer, SampleServer
from vokcrawl.sample.views import AJAX_PATH

Serving = Callable[..., SampleServer]
Settings = dict[str, object]


def doctor(output: Path, chromium: object, *arguments: str) -> tuple[Done, dict[str, Any]]:
    file = output.parent / "results.json"
    settings = ("-s", f"VOK_CHROMIUM={chromium}", "-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0")
    done = scrapy("doctor", *arguments, "--browser", "--json", str(file), *settings, output=output)
    return done, json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def bodies(results: dict[str, Any]) -> list[tuple[str, str]]:
    fields = (each for article in results["articles"] for each in article["fields"])
    return [(each["result"], each["evidence"]) for each in fields if each["name"] == "body"]


def hide_text(answer: Answer) -> Answer:
    """A page with a style sheet that hides the paragraphs of the article."""
    style = b"<style>.article-content p { display: none }</style></head>"
    return answer._replace(body=answer.body.replace(b"</head>", style, 1))


def test_chromium_confirms_the_body_that_it_shows_and_costs_the_site_nothing(
    serve: Serving, chromium: Settings, output: Path
) -> None:
    server = serve(45)
    done, found = doctor(output, chromium["VOK_CHROMIUM"], f"{server.url}/article/163/")
    assert done.code == 0, done.stdout + done.stderr
    assert len(bodies(found)) == 3
    assert all(result == "confirmed" and evidence.endswith("Chromium") for result, evidence in bodies(found))
    assert len(server.requests) == len(found["requests"]) <= 15


def test_body_that_chromium_does_not_show_is_contradicted(serve: Serving, chromium: Settings, output: Path) -> None:
    site = HostileSite(12)
    identity = site.truth()["articles"][0]["id"]
    site.change(identity, hide_text)
    server = serve(site=site)
    _, found = doctor(output, chromium["VOK_CHROMIUM"], f"{server.url}/article/163/")
    results = {each["id"]: bodies({"articles": [each]})[0] for each in found["articles"]}
    result, evidence = results.pop(identity)
    assert (result, evidence[:23]) == ("contradicted", "Chromium does not show ")
    assert {result for result, _ in results.values()} == {"confirmed"}


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [(None, 2, "VOK_CHROMIUM: "), ("#!/bin/sh\nexit 1\n", 10, "doctor: --browser: Chromium (")],
    ids=["missing", "broken"],
)
def test_chromium_that_does_not_work_ends_doctor_with_one_sentence_and_no_results(
    serve: Serving, output: Path, tmp_path: Path, script: str | None, code: int, said: str
) -> None:
    program = tmp_path / "chromium"
    if script is not None:
        program.write_text(script)
        program.chmod(0o755)
    server = serve(12)
    done, found = doctor(output, program, f"{server.url}/article/163/")
    assert (done.code, found) == (code, {}), done.stderr
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(output.glob("doctor/*"))


def test_listing_that_needs_a_browser_is_followed_by_one_click_within_the_limit(
    serve: Serving, chromium: Settings, output: Path
) -> None:
    server = serve(45, more="script", search="link", sitemap=True)
    done, found = doctor(output, chromium["VOK_CHROMIUM"], f"{server.url}/article/163/")
    assert done.code == 0, done.stdout + done.stderr
    [listing] = found["discovery"]["listings"]
    assert (listing["strategy"], listing["pages"], listing["entries"]) == ("browser", 2, 20)
    # The page itself was loaded before, and is not loaded again: its script, and the call of the click.
    assert found["browser"] == {"outcomes": {"more": 1}, "requests": 2, "not_sent": 0, "failures": 0}
    targets = [seen.target for seen in server.requests]
    assert (targets.count("/article/163/"), sum(each.startswith(AJAX_PATH) for each in targets)) == (1, 1)
    assert len(targets) == len(found["requests"]) <= 15
    assert "Chromium: 2 requests by its page, outcome of the click: more" in done.stdout
    # The batch of the click is examined as a page of the listing.
    assert [each["teasers"] for each in found["listings"] if each["kind"] == "ajax"] == [10]


def test_settings_may_ask_for_the_browser_where_a_link_would_do(
    serve: Serving, chromium: Settings, output: Path
) -> None:
    server = serve(45)
    done, found = doctor(output, chromium["VOK_CHROMIUM"], f"{server.url}/article/163/", "-s", "VOK_PAGINATION=browser")
    assert done.code == 0, done.stdout + done.stderr
    assert [each["strategy"] for each in found["discovery"]["listings"]] == ["browser"]
    assert len(server.requests) <= 15


def test_page_that_needs_more_requests_than_a_visit_has_is_named(
    serve: Serving, chromium: Settings, output: Path
) -> None:
    scripts = "".join(f'<script src="/assets/{number}.js"></script>' for number in range(30)).encode()
    site = HostileSite(45, more="script")
    site.change(
        "/article/163/", lambda answer: with_body(answer, answer.body.replace(b"</head>", scripts + b"</head>"))
    )
    server = serve(site=site)
    done, found = doctor(output, chromium["VOK_CHROMIUM"], f"{server.url}/article/163/")
    assert done.code == 10, done.stdout + done.stderr
    assert len(server.requests) <= 15
    assert found["browser"]["not_sent"] >= 20
    [remark] = [each for each in found["remarks"] if "beyond the limit of a visit" in each["text"]]
    assert remark["remedy"] == "try a crawl: scrapy crawl vok -a max_pages=2"


def test_visit_without_a_browser_says_that_one_is_needed(serve: Serving, output: Path) -> None:
    server = serve(45, more="script")
    # A visit cannot limit what Splash requests.
    words = ("-s", "SPLASH_URL=http://127.0.0.1:9", "-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0")
    done = scrapy("doctor", f"{server.url}/article/163/", *words, output=output)
    assert done.code == 12, done.stdout + done.stderr
    assert "scrapy doctor --browser clicks once in Chromium" in done.stdout
