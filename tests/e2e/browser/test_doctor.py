"""`scrapy doctor --browser`: the body of an article against what a real Chromium shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.hostile import HostileSite
from tests.support.scheduling import Done, scrapy
from vokcrawl.sample import Answer, SampleServer

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
