"""`scrapy browse` serves the archive over HTTP on the loopback interface."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from lxml import html

from tests.support.archive_builder import article, revised
from tests.support.browse_server import HOSTILE, LATER, Browsing, archive, browsing, command, identity
from tests.support.children import ROOT
from tests.support.commands import scrapy
from tests.support.crawling import environment

PAGE = b"""<!doctype html><html><head><title>Page</title><meta charset="utf-8">
<meta http-equiv="refresh" content="0; url=http://evil.test/"><base href="http://evil.test/">
<link rel="preconnect" href="http://evil.test/"><script src="http://evil.test/a.js"></script></head>
<body onload="window.owned = 1"><p>As it was \xe6\x9c\x9d</p><a href="http://evil.test/">x</a><iframe src="http://evil.test/"></iframe></body></html>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsing]:
    output = tmp_path_factory.mktemp("browse") / "output"
    archive(output, PAGE)
    with browsing(output) as running:
        yield running


def titles(page: str) -> list[str]:
    return [each.text_content() for each in html.fromstring(page).cssselect(".articles h2")]


def text_of(page: str) -> str:
    return " ".join(html.fromstring(page).text_content().split())


def test_first_page_lists_newest_articles_and_the_next_page_the_others(site: Browsing) -> None:
    first, second = site.get("/"), site.get("/?page=2")
    assert (first.status, second.status) == (200, 200)
    assert "62 articles" in text_of(first.text)
    shown = titles(first.text)
    assert shown[0] == "새 공장"
    assert len(shown) == 50
    assert len(titles(second.text)) == 12
    assert len({*shown, *titles(second.text)}) == 62


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("removed=yes", ["Harvest begins in county 2"]),
        ("edited=yes", ["Harvest ends in county 1"]),
        ("truncated=yes", ["Harvest begins in county 5"]),
        ("source=Rodong+Sinmun", ["Harvest begins in county 5"]),
        ("month=none", ["Harvest begins in county 4"]),
        ("month=2024-02&source=Voice%20of%20Korea%20%28EN%29", ["새 공장"]),
        ("month=2024-02&removed=yes", []),
    ],
)
def test_facets_filter_the_list(site: Browsing, query: str, expected: list[str]) -> None:
    answer = site.get(f"/?{query}")
    assert answer.status == 200
    assert titles(answer.text) == expected


def test_facets_count_articles_under_the_other_filters(site: Browsing) -> None:
    choices = html.fromstring(site.get("/?source=Rodong+Sinmun").text).cssselect(".choices a")
    counts = {" ".join(each.text_content().split()): each.get("href") for each in choices}
    assert "Voice of Korea (EN) 60" in counts
    assert "Jan 1" in counts
    assert "Rodong Sinmun 1 (remove this filter)" in counts
    assert counts["Rodong Sinmun 1 (remove this filter)"] == "/"
    assert counts["Jan 1"] == "/?source=Rodong%20Sinmun&month=2024-01"


def test_article_shows_its_versions_side_by_side(site: Browsing) -> None:
    answer = site.get(f"/article/{identity(1)}")
    assert answer.status == 200
    page = html.fromstring(answer.text)
    assert page.cssselect("h1")[0].text_content() == "Harvest ends in county 1"
    assert next(each.text_content() for each in page.cssselect(".before del")) == "deleted: begins"
    assert next(each.text_content() for each in page.cssselect(".after ins")) == "inserted: ends"
    assert not page.cssselect(".before ins, .after del")
    assert "A third one." in page.cssselect(".after")[-1].text_content()
    assert "changed: title, body" in text_of(answer.text)


def test_each_revision_has_a_permanent_address(site: Browsing) -> None:
    first = site.get(f"/article/{identity(1)}/1")
    assert html.fromstring(first.text).cssselect("h1")[0].text_content() == "Harvest begins in county 1"
    assert "This is an earlier version." in first.text
    assert "The first paragraph of story 1." in text_of(first.text)
    second = site.get(f"/article/{identity(1)}/2")
    assert "This is an earlier version." not in second.text
    assert html.fromstring(second.text).cssselect(".comparison")


def test_removed_article_is_marked_and_readable(site: Browsing) -> None:
    page = text_of(site.get(f"/article/{identity(2)}").text)
    assert "Removed by the site, confirmed" in page
    assert "The first paragraph of story 2." in page
    assert "Removed (404)" in page


def test_article_is_cited_with_its_manifest(site: Browsing) -> None:
    page = text_of(site.get(f"/article/{identity(3)}").text)
    assert re.search(r"manifest runs/20240101T060000Z\.json, sha256:[0-9a-f]{64}", page)


def test_captured_page_is_framed_without_scripts_and_network(site: Browsing) -> None:
    outer = site.get(f"/article/{identity(3)}/1/page")
    (frame,) = html.fromstring(outer.text).cssselect("iframe")
    assert frame.get("sandbox") == ""
    assert frame.get("title") == "Captured page of Harvest begins in county 3"
    inner = site.get(frame.get("src"))
    assert inner.status == 200
    policy = inner.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none';")
    assert "As it was 朝" in inner.text
    # Neither is left for what a browser would connect in advance.
    assert "evil.test" not in inner.text
    assert "owned" not in inner.text


def test_version_without_archived_page_says_so(site: Browsing) -> None:
    assert "This version was not archived" in site.get(f"/article/{identity(1)}/1/page").text
    answer = site.get(f"/article/{identity(1)}/1/captured")
    assert (answer.status, f"{identity(1)}: revision 1 was not archived" in answer.text) == (400, True)


def test_search_highlights_matches_and_finds_removed_articles(site: Browsing) -> None:
    page = html.fromstring(site.get("/search?q=paragraph+%22story+2%22").text)
    assert [each.text_content() for each in page.cssselect(".articles h2")] == ["Harvest begins in county 2"]
    assert "paragraph" in [each.text_content() for each in page.cssselect(".text mark")]
    assert page.cssselect(".badge.gone")


def test_search_finds_korean_words_without_spaces(site: Browsing) -> None:
    page = html.fromstring(site.get(f"/search?q={quote('공장')}").text)
    assert [each.text_content() for each in page.cssselect(".articles h2")] == ["새 공장"]
    assert "공장" in [each.text_content() for each in page.cssselect(".text mark")]


def test_search_between_days(site: Browsing) -> None:
    assert titles(site.get("/search?q=harvest&since=2024-02-01").text) == []
    assert len(titles(site.get("/search?q=harvest&until=2024-01-31").text)) == 50


def test_runs_and_their_articles(site: Browsing) -> None:
    listed = site.get("/runs")
    assert re.findall(r'href="/runs/(\w+)"', listed.text) == ["20240210T060000Z", "20240101T060000Z"]
    run = site.get("/runs/20240210T060000Z")
    assert "3 records" in text_of(run.text)
    assert f'href="/article/{identity(1)}/2"' in run.text


@pytest.mark.parametrize(
    "path",
    ["/", f"/article/{identity(900)}", f"/article/{identity(900)}/1", "/search?q=owned", "/runs/20240210T060000Z"],
)
def test_hostile_text_stays_text(site: Browsing, path: str) -> None:
    answer = site.get(path)
    page = html.fromstring(answer.text)
    assert not page.cssselect("script, img, object, embed, svg")
    assert not [name for each in page.iter("*") for name in each.attrib if name.startswith("on")]
    assert '<script>window.owned = 1</script><img src=x onerror="window.owned = 1">' in page.text_content()
    assert "{{ 7 * 7 }}" in page.text_content()
    assert "\u202e" not in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_hostile_query_stays_text(site: Browsing) -> None:
    for path in (f"/search?q={quote(HOSTILE)}", f"/?source={quote(HOSTILE)}", f"/?month={quote(HOSTILE)}"):
        answer = site.get(path)
        assert answer.status in (200, 400)
        assert not html.fromstring(answer.text).cssselect("script, img")


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/article/1704088800-77777", 404, "1704088800-77777: no article with this id"),
        (f"/article/{identity(1)}/9", 404, f"{identity(1)}: no revision 9 of an article with this id"),
        ("/article/../../etc/passwd", 404, "no such page"),
        ("/nosuch", 404, "/nosuch: no such page"),
        ("/runs/20200101T000000Z", 404, "20200101T000000Z: no run with this id"),
        ("/?month=2024-13-01", 400, "month: '2024-13-01' is not a month such as 2025-06"),
        ("/?edited=perhaps", 400, "edited: 'perhaps' is not yes or no"),
        ("/?page=0", 400, "page: '0' is not a number from 1 on"),
        ("/?page=99", 404, "page 99: the list has 2 pages"),
        ("/search?q=a&since=yesterday", 400, "since: 'yesterday' is not"),
        ("/search?q=%22", 400, "give at least one word"),
        (f"/search?q={'a' * 600}", 400, "q: 600 characters are too many; the limit is 500"),
        ("/?" + "a=1&" * 30, 400, "more than 20 parameters"),
    ],
)
def test_invalid_address_gets_one_sentence(site: Browsing, path: str, status: int, message: str) -> None:
    answer = site.get(path)
    assert (answer.status, message in text_of(answer.text)) == (status, True), answer.text
    assert "Traceback" not in site.said()


def test_only_its_own_host_name_and_reading_are_allowed(site: Browsing) -> None:
    assert site.get("/", {"Host": "evil.test"}).status == 421
    assert site.get("/", method="POST").status == 405
    port = site.url.rpartition(":")[2]
    assert site.get("/", {"Host": f"localhost:{port}"}).status == 200


def test_it_listens_on_the_loopback_interface_only(site: Browsing) -> None:
    port = int(site.url.rpartition(":")[2])
    listening = [
        fields[1]
        for table in ("tcp", "tcp6")
        if (path := Path("/proc/net") / table).exists()
        for fields in map(str.split, path.read_text().splitlines()[1:])
        if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port
    ]
    assert [each.partition(":")[0] for each in listening] == ["0100007F"]


def test_datasette_shows_the_tables_behind_the_pages(site: Browsing) -> None:
    found = json.loads(site.get("/archive/articles.json?_shape=objects&_search=third").text)
    assert [(row["id"], row["revision"]) for row in found["rows"]] == [(identity(1), 2)]
    tables = json.loads(site.get("/archive.json").text)["tables"]
    assert {each["name"] for each in tables if not each["hidden"]} == {"articles", "teasers", "removals"}
    assert site.get("/archive").status == 200


@pytest.mark.thorough
def test_new_runs_appear_without_a_restart(tmp_path: Path) -> None:
    made = archive(tmp_path / "output", articles=5)
    with browsing(tmp_path / "output") as site:
        assert titles(site.get("/").text)[0] == "새 공장"
        for number in (1, 2, 3):
            at = LATER + timedelta(days=number)
            made.run(at, [article(1000 + number, at, title=f"News of day {number}")])
            deadline = time.monotonic() + 30
            while titles(site.get("/").text)[0] != f"News of day {number}":
                assert time.monotonic() < deadline, site.said()
                time.sleep(0.2)
            assert (
                json.loads(site.get("/archive/articles.json?_size=0").text)["filtered_table_rows_count"] == 8 + number
            )
            assert titles(site.get(f"/search?q=%22day+{number}%22+news").text) == [f"News of day {number}"]


def test_damaged_lines_are_skipped_and_counted(tmp_path: Path) -> None:
    made = archive(tmp_path / "output", articles=5)
    path = made.folder.path / "articles" / "20240101T060000Z.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b'{"torn": \n', *lines[1:]]))
    (made.folder.runs / "20240210T060000Z.json").write_text("{", encoding="utf-8")
    with browsing(tmp_path / "output") as site:
        page = text_of(site.get("/").text)
        assert "7 articles" in page
        assert "1 damaged line of the record files could not be read" in page
        assert "not a valid manifest" in text_of(site.get("/runs").text)
        assert "not a valid manifest" in text_of(site.get("/runs/20240210T060000Z").text)


def test_archive_that_lost_its_pages_says_so(tmp_path: Path) -> None:
    made = archive(tmp_path / "output", articles=5)
    next((made.folder.path / "archive").iterdir()).unlink()
    with browsing(tmp_path / "output") as site:
        answer = site.get(f"/article/{identity(3)}/1/captured")
        assert (answer.status, "restore the archive from a copy" in answer.text) == (500, True)
        assert site.get(f"/article/{identity(3)}").status == 200


def test_database_of_an_earlier_start_is_used_again_and_a_foreign_one_replaced(tmp_path: Path) -> None:
    made = archive(tmp_path / "output", articles=5)
    path = made.folder.path / "browse.sqlite3"
    path.write_text("another program's file", encoding="utf-8")
    with browsing(tmp_path / "output"):
        built = path.stat().st_mtime_ns
    with browsing(tmp_path / "output") as site:
        assert path.stat().st_mtime_ns == built
        assert site.get("/").status == 200


def test_directory_that_cannot_be_written_is_browsed_with_a_temporary_database(tmp_path: Path) -> None:
    made = archive(tmp_path / "output", articles=5)
    # A directory in the place of the file: nobody can write it, root neither.
    (made.folder.path / "browse.sqlite3" / "x").mkdir(parents=True)
    with browsing(tmp_path / "output") as site:
        assert site.get("/").status == 200
        assert "cannot save the database there; using a temporary one" in site.said()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_a_signal_and_leaves_nothing(tmp_path: Path, ending: signal.Signals) -> None:
    made = archive(tmp_path / "output", articles=5)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    log = tmp_path / "log"
    words = command(tmp_path / "output", 0)
    with log.open("wb") as output:
        env = environment({"TMPDIR": str(temporary)})
        with subprocess.Popen(words, cwd=ROOT, env=env, stdout=output, stderr=output) as process:
            deadline = time.monotonic() + 60
            while "Ctrl-C ends it" not in log.read_text(encoding="utf-8"):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            # A moment after the line is printed the server answers.
            url = log.read_text(encoding="utf-8").split()[0]
            assert Browsing(url.rstrip("/"), log).get("/").status == 200
            process.send_signal(ending)
            assert process.wait(20) == 0
    assert log.read_text(encoding="utf-8").count("\n") == 1
    assert list(temporary.iterdir()) == []
    assert not list(made.folder.path.glob("*.part"))


def test_empty_archive_has_a_page(tmp_path: Path) -> None:
    made = archive(tmp_path / "output", articles=5)
    for kind in ("articles", "removals"):
        for path in (made.folder.path / kind).iterdir():
            path.unlink()
    with browsing(tmp_path / "output") as site:
        assert "No article was delivered yet." in text_of(site.get("/").text)
        assert site.get("/search?q=harvest").status == 200


def test_invalid_arguments_and_directories(tmp_path: Path) -> None:
    output = archive(tmp_path / "output", articles=5).folder.path
    with closing(socket.create_server(("127.0.0.1", 0))) as bound:
        port = bound.getsockname()[1]
        done = scrapy("browse", "--port", str(port), output=output)
        assert (done.code, done.stdout) == (2, "")
        assert done.stderr == (
            f"scrapy browse: --port: {port}: already in use on 127.0.0.1; choose another port, or 0 for any free one\n"
        )
    for value in ("x", "65536", "-1", "١"):
        done = scrapy("browse", f"--port={value}", output=output)
        assert (done.code, done.stderr) == (
            2,
            f"scrapy browse: --port: {value!r} is not a port number from 0 to 65535\n",
        )
    assert scrapy("browse", "extra", output=output).code == 2
    missing = scrapy("browse", output=tmp_path / "nothing")
    assert (missing.code, "contains no output of a run" in missing.stderr) == (2, True)
    assert not (tmp_path / "nothing").exists()


def test_without_datasette_the_error_names_the_extra(tmp_path: Path) -> None:
    output = archive(tmp_path / "output", articles=5).folder.path
    (tmp_path / "hidden" / "datasette").mkdir(parents=True)
    (tmp_path / "hidden" / "datasette" / "__init__.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'datasette'\", name='datasette')\n", encoding="utf-8"
    )
    done = scrapy("browse", "--port", "0", output=output, env={"PYTHONPATH": str(tmp_path / "hidden")})
    assert done.code == 2
    assert done.stderr == (
        "scrapy browse: needs the package datasette, which is not installed; "
        "run `pip install -r requirements/datasette.txt`\n"
    )


def test_many_versions_have_a_bounded_page(tmp_path: Path) -> None:
    made = archive(tmp_path / "output", articles=5)
    record = article(7, LATER)
    versions = [record]
    for number in range(1, 31):
        versions.append(revised(versions[-1], LATER + timedelta(hours=number), body=f"Text number {number}."))
    made.run(LATER + timedelta(days=2), versions)
    with browsing(tmp_path / "output") as site:
        page = site.get(f"/article/{record['id']}")
        assert len(html.fromstring(page.text).cssselect(".comparison")) == 10
        assert "20 earlier comparisons" in page.text
        assert len(html.fromstring(site.get(f"/article/{record['id']}/5").text).cssselect(".comparison")) == 1
