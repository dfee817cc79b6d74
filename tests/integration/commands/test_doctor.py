"""`scrapy doctor`: visits of the sample site in every skin and behind each block page, and archives."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.children import ROOT
from tests.support.commands import Done, Serving, scrapy, wait_for
from tests.support.crawling import environment
from tests.support.hostile_site import HostileServer, HostileSite
from tests.support.in_process import run_command
from tests.support.page_fixtures import read_fixture
from tests.support.servers import free_port
from vokcrawl.commands.doctor import Command
from vokcrawl.sample import Answer

FAST = ("-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0", "-s", "VOK_BACKOFF_SECONDS=0.1")
BOT_CHECK = b"<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
HTML = [("Content-Type", "text/html; charset=utf-8")]


def visit(url: str, output: Path, *arguments: str) -> tuple[Done, dict[str, Any]]:
    """A visit and its results."""
    file = output.parent / "results.json"
    done = scrapy("doctor", url, "--json", str(file), *arguments, *FAST, output=output)
    return done, json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def checked(results: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each["name"], each["result"]) for article in results["articles"] for each in article["fields"]}


@pytest.mark.parametrize(("skin", "more"), [("current", "link"), ("classic", "ajax"), ("plain", "link")])
def test_visit_confirms_each_field_in_every_skin(skin: str, more: str, serve: Serving, output: Path) -> None:
    server = serve(45, skin=skin, more=more, search="link", sitemap=True)
    done, found = visit(f"{server.url}/newstream/", output)
    assert done.code == 0, done.stdout
    assert found["conclusion"] in ("ready", "ready with remarks")
    confirmed = {"title", "published_on", "source", "body"}
    assert {(name, result) for name, result in checked(found) if name in confirmed} == {
        (name, "confirmed") for name in confirmed
    }
    assert len(found["articles"]) == 3
    pages = [each for each in found["listings"] if each["kind"] != "search"]
    assert {each["teasers"] for each in pages} == {10}
    assert all(each["with_title"] == each["with_day"] == each["with_excerpt"] == 10 for each in pages)
    assert {each["more_kind"] for each in pages if each["kind"] == "listing"} == {more}
    # Nothing can be said about the first batch.
    assert [each["to_parameter"] for each in pages if each["kind"] == "ajax"] == [None, "size"] * (more == "ajax")
    followed = [each for each in found["discovery"]["listings"] if each["found_by"] == "article page"]
    assert [each["pages"] for each in followed] == [2]
    assert found["robots"] == {"status": 200, "allowed": True, "crawl_delay": None, "sitemaps": []}
    assert len(found["sitemaps"]) == 2
    assert found["estimate"]["entries_per_page"] == 10
    # At most 15 requests, and no records and no state.
    assert len(server.requests) == len(found["requests"]) <= 15
    assert [each.name for each in output.iterdir()] == ["doctor"]
    [kept] = (output / "doctor").iterdir()
    assert sorted(each.name for each in kept.iterdir()) == ["doctor.html", "doctor.json", "visit.warc.gz"]
    assert json.loads((kept / "doctor.json").read_text(encoding="utf-8"))["articles"] == found["articles"]


def test_archive_of_a_visit_gives_the_same_results(
    serve: Serving, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve(45)
    _, found = visit(f"{server.url}/article/163/", output)
    [archive] = (output / "doctor").glob("*/visit.warc.gz")
    done = run_command(
        Command(), f"{server.url}/article/163/", "--archive", str(archive), "--json", "-", output=output, capsys=capsys
    )
    assert done.code == 0
    again = json.loads(done.stdout)
    assert again["articles"] == found["articles"]
    assert again["listings"] == found["listings"]
    everything = ("--archive", str(archive), "--all", "--json", "-")
    done = run_command(Command(), f"{server.url}/", *everything, output=output, capsys=capsys)
    [month] = json.loads(done.stdout)["months"]
    assert month["articles"] == month["read"] == month["with_selector"] == 3
    assert month["fields"]["title"] == month["fields"]["body"] == month["fields"]["source"] == 3
    done = run_command(Command(), "https://other.test/", "--archive", str(archive), output=output, capsys=capsys)
    assert done.code == 2
    assert f"--archive: {archive} has no page of kcnawatch.org, other.test; it has: {server.url[7:]} (" in done.stderr
    # A pipe has no width: each URL is in one line.
    printed = run_command(
        Command(), f"{server.url}/article/163/", "--archive", str(archive), output=output, capsys=capsys
    )
    assert all(any(article["url"] in line for line in printed.stdout.splitlines()) for article in found["articles"])


@pytest.mark.parametrize(("option", "name"), [("--json", "missing/x"), ("--suggest", "missing/x"), ("--json", ".")])
def test_a_file_that_cannot_be_written_is_refused_before_the_visit(
    option: str, name: str, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(tmp_path / name)
    done = run_command(Command(), "http://127.0.0.1:1/", option, target, output=output, capsys=capsys)
    assert done.code == 2
    assert done.stderr.startswith(f"scrapy doctor: {option}: {target!r} ")
    assert not output.exists()
    assert list(tmp_path.iterdir()) == []


def _all_pages(site: HostileSite, answer: Answer) -> None:
    for path in ("/article/163/", "/newstream/"):
        site.change(path, answer)


BLOCK_PAGES = {
    "a bot check": (Answer(403, HTML, BOT_CHECK), 11, "block page"),
    "the sign-up form": (Answer(302, [("Location", "/free-member-form/")], b""), 11, "block page"),
    "a page without teasers": (
        Answer(200, HTML, b"<html><body><p>A page of the site.</p></body></html>"),
        12,
        "no teasers were found on {url}, and no link to an article (/newstream/<10 digits>-<number>/)",
    ),
    "no page": (
        Answer(200, [("Content-Type", "application/pdf")], b"%PDF-1.7"),
        12,
        "no teasers were found on {url} (no page, but application/pdf)",
    ),
    "a missing page": (
        Answer(404, HTML, b"<html><body>Gone</body></html>"),
        12,
        "no teasers were found on {url} (http_404)",
    ),
    "endless redirects": (
        Answer(302, [("Location", "/newstream/?on=1")], b""),
        14,
        "the start page could not be read (",
    ),
    "a refusal for an hour": (
        Answer(429, [*HTML, ("Retry-After", "3600")], b"<html><body>Slow down</body></html>"),
        14,
        "the site answers no requests now: {url} answered 429 with Retry-After: 3600",
    ),
    "a server error": (Answer(503, HTML, b"<html><body><p>Busy</p></body></html>"), 14, "cannot be reached"),
}


@pytest.mark.parametrize("block_page", BLOCK_PAGES)
def test_block_page_has_its_exit_code(block_page: str, output: Path) -> None:
    answer, code, text = BLOCK_PAGES[block_page]
    site = HostileSite(20)
    _all_pages(site, answer)
    with HostileServer(site) as server:
        done, found = visit(f"{server.url}/article/163/", output)
    assert (done.code, found["exit_code"], found["conclusion"]) == (code, code, "not ready")
    assert len(server.requests) == len(found["requests"]) <= 15
    assert text.format(url=f"{server.url}/article/163/") in found["remarks"][0]["text"]
    assert "not ready" in done.stdout


def test_site_that_truncates_every_article_ends_with_11(serve: Serving, output: Path) -> None:
    server = serve(20)
    for article in server.site.truth()["articles"]:
        server.site.truncate(article["id"])
    done, found = visit(f"{server.url}/article/163/", output)
    assert (done.code, found["conclusion"]) == (11, "not ready")
    assert found["remarks"][0]["text"] == "the site truncates every article (3 of 3)"


def test_sign_up_form_instead_of_every_article_ends_with_11(output: Path) -> None:
    site = HostileSite(20)
    for article in site.truth()["articles"]:
        site.change(article["id"], Answer(302, [("Location", "/free-member-form/")], b""))
    with HostileServer(site) as server:
        done, found = visit(f"{server.url}/article/163/", output)
    assert (done.code, found["conclusion"]) == (11, "not ready")
    assert "block page" in found["remarks"][0]["text"]


def test_robots_txt_that_disallows_everything_ends_with_14(output: Path) -> None:
    site = HostileSite(20)
    site.change("/robots.txt", Answer(200, [("Content-Type", "text/plain")], b"User-agent: *\nDisallow: /\n"))
    with HostileServer(site) as server:
        done, found = visit(f"{server.url}/article/163/", output)
        assert [each.target for each in server.requests] == ["/robots.txt"]
    assert (done.code, found["robots"]["allowed"]) == (14, False)


def test_site_that_does_not_answer_ends_with_14(output: Path) -> None:
    done, found = visit(f"http://127.0.0.1:{free_port()}/newstream/", output)
    assert (done.code, found["exit_code"]) == (14, 14)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ftp://site.test/",), "URL: 'ftp://site.test/' is not an http or https URL"),
        (("https://a.test/", "https://b.test/"), "expected at most one URL"),
        (("--all",), "--all needs --archive FILE"),
        (("--json", ""), "--json: must not be empty"),
        (("--archive", "none.warc.gz"), "there is no archive that could be read"),
        (("--suggest", ""), "--suggest: '' exists or is empty"),
        (("--suggest", "."), "--suggest: '.' exists or is empty"),
        (("--save-fixture", "new_page"), "--save-fixture needs the URL of an article"),
        (("--save-fixture", "../x", "https://a.test/newstream/1733000001-100001/a/"), "'../x' is not a name of"),
        (("--save-fixture", "new_page", "https://a.test/newstream/"), "is not the URL of an article"),
        (("--save-fixture", "emoji_image", "https://a.test/newstream/1733000001-100001/a/"), "emoji_image exists"),
    ],
)
def test_wrong_argument_is_an_error(
    arguments: tuple[str, ...], message: str, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run_command(Command(), *arguments, output=output, capsys=capsys, cwd=ROOT)
    assert done.code == 2
    assert message in done.stderr
    assert not output.exists()


def test_fixture_of_a_page_that_is_not_there_leaves_nothing(serve: Serving, output: Path, tmp_path: Path) -> None:
    server = serve(20)
    done = scrapy(
        "doctor", "--save-fixture", "gone_page", f"{server.url}/newstream/1733000001-100001/a/", *FAST, output=output
    )
    assert done.code == 10
    assert "could not be fetched (status 404)" in done.stderr
    assert [each.target for each in server.requests] == ["/robots.txt", "/newstream/1733000001-100001/a/"]
    assert not (ROOT / "tests" / "fixtures" / "pages" / "gone_page").exists()
    assert not output.exists()


def test_fixture_may_come_from_an_archive(
    serve: Serving, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve(20)
    _, found = visit(f"{server.url}/article/163/", output)
    [archive] = (output / "doctor").glob("*/visit.warc.gz")
    (tmp_path / "tests" / "fixtures" / "pages").mkdir(parents=True)
    url = found["articles"][0]["url"]
    words = ("--save-fixture", "new_page", url, "--archive", str(archive))
    done = run_command(Command(), *words, output=output, capsys=capsys, cwd=tmp_path)
    assert done.code == 0, done.stderr
    folder = tmp_path / "tests" / "fixtures" / "pages"
    expected = json.loads((folder / "new_page" / "expected.json").read_text(encoding="utf-8"))
    assert expected["address"] == url
    assert expected["record"]["title"] == found["articles"][0]["fields"][0]["value"]
    assert read_fixture("new_page", folder)[0]["title"] == expected["record"]["title"]
    assert sorted(each.name for each in folder.iterdir()) == ["new_page"]


@pytest.mark.thorough
def test_interrupted_visit_leaves_nothing(serve: Serving, output: Path) -> None:
    server = serve(20)
    words = [sys.executable, "-m", "scrapy", "doctor", f"{server.url}/article/163/", "-s", "DOWNLOAD_DELAY=5"]
    with subprocess.Popen(
        [*words, "-s", f"VOK_OUTPUT_DIR={output}"], cwd=ROOT, env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for(lambda: server.requests, process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "scrapy doctor: interrupted\n"
    assert list((output / "doctor").iterdir()) == []


SECRETS = {
    "VOK_ALERT_SLACK": "https://hooks.slack.test/services/T0000/B0000/slack5ecret",
    "VOK_ALERT_WEBHOOK": "https://alerts.test/in/webh00ksecret",
    "SPLASH_PASS": "spla5hpassword",
}


def test_results_of_a_visit_have_no_secrets(output: Path) -> None:
    site = HostileSite(25)
    cookie = ("Set-Cookie", "session=c00kiesecret; Path=/")
    site.change("/article/163/", lambda answer: answer._replace(headers=[*answer.headers, cookie]))
    file = output.parent / "results.json"
    with HostileServer(site) as server:
        env = {**SECRETS, "HOME": str(output.parent)}
        done = scrapy("doctor", f"{server.url}/article/163/", "--json", str(file), *FAST, output=output, env=env)
    assert done.code == 0, done.stdout
    kept = [each for each in (output / "doctor").glob("*/*") if each.is_file()]
    contents = [gzip.decompress(each.read_bytes()) if each.suffix == ".gz" else each.read_bytes() for each in kept]
    assert len(contents) == 3
    everything = b"".join([*contents, file.read_bytes(), done.stdout.encode()])
    assert b"~/output/doctor/" in everything
    for secret in ("secret", "spla5hpassword", "hooks.slack.test", str(output.parent)):
        assert secret.encode() not in everything, secret


def test_password_in_the_url_is_refused_and_not_repeated(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = run_command(Command(), "https://user:pa55word@a.test/", output=output, capsys=capsys)
    assert done.code == 2
    assert "pa55word" not in done.stdout + done.stderr
    assert not output.exists()
