"""On a terminal a crawl shows a progress line below its log and a summary at its end; elsewhere it only logs."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest

from tests.support.crawling import Crawl, command
from tests.support.terminal import Terminal
from vokcrawl.sample import SampleServer
from vokcrawl.sample.sources import KCNA_KOREAN, WANTED

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

LINE = re.compile(r"(\d+) pages?  (\d+) new  (\d+) revised  (\d+) errors?  [\d,]+/min  .+")
ENTRY = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[[\w.]+\] [A-Z]+: ")
SLOW: dict[str, object] = {"CONCURRENT_REQUESTS": 1, "DOWNLOAD_DELAY": 0.1}
COLOUR = re.compile(rb"\x1b\[[\d;]*\b(3[0-7]|9[0-7])(;\d+)*m")


def lines(terminal: Terminal) -> list[re.Match[str]]:
    """The live lines that the screen shows now: one, or none."""
    return [found for row in terminal.shown if (found := LINE.search(row)) is not None]


def crawl_on(
    server: SampleServer, output: Path, settings: dict[str, object] | None = None, **terminal: object
) -> Terminal:
    words = command(f"{server.url}/article/163/", output, settings={**SLOW, **(settings or {})})
    more = terminal.pop("more", [])
    return Terminal([*words, *more], **terminal)  # type: ignore[arg-type,misc]


def test_the_progress_line_stays_below_the_log_and_is_replaced_by_the_summary(serve: Serving, output: Path) -> None:
    server = serve(30)
    seen: list[int] = []

    def look(terminal: Terminal) -> None:
        found = lines(terminal)
        assert len(found) <= 1
        if found:
            seen.append(int(found[0][1]))
            # Below all that is logged.
            assert terminal.shown[-1] == found[0][0]

    with crawl_on(server, output, {"LOG_LEVEL": "DEBUG"}) as terminal:
        assert terminal.ended(look) == 0
    assert seen == sorted(seen)
    assert seen[-1] > 20
    assert len(set(seen)) > 5
    rows = terminal.rows
    assert not [row for row in rows if LINE.search(row)]
    # Each entry of the log begins a row and ends one.
    assert [row for row in rows if ENTRY.search(row) and not ENTRY.match(row)] == []
    crawled = [row for row in rows if "DEBUG: Crawled (200)" in row]
    assert len(crawled) == len(server.requests)
    assert all(row.endswith(("(referer: None)", "/)")) for row in crawled), crawled
    (closed,) = (number for number, row in enumerate(rows) if row.endswith("INFO: Spider closed (finished)"))
    summary = [row for row in rows[closed + 1 :] if row]
    assert re.fullmatch(r"Run \d{8}T\d{6}Z: done \(exit code 0\)", summary[0])
    assert summary[1:3] == [
        "  everything available has been delivered",
        "  30 new articles, 0 revised, 0 removed, 30 new teasers",
    ]
    pages, requests = len(server.requests) - 1, len(server.requests)
    assert re.fullmatch(rf"  {pages} pages read, 0 failed; {requests} requests in \d+ s", summary[3])
    assert summary[-1] == "  next: nothing to do"
    assert not terminal.cursor_hidden


def test_crawls_of_several_sources_share_one_progress_line(serve: Serving, tmp_path: Path) -> None:
    server = serve(8, others=30)
    folders = {WANTED.name: tmp_path / "vok", KCNA_KOREAN.name: tmp_path / "kcna"}
    given = {**SLOW, "VOK_START_URLS": f"{server.url}/newstream/"}
    words = [sys.executable, "-m", "scrapy", "sources", *(f"{name}={path}" for name, path in folders.items())]
    seen: list[tuple[int, int]] = []

    def look(terminal: Terminal) -> None:
        found = lines(terminal)
        assert len(found) <= 1
        seen.extend((int(each[1]), int(each[2])) for each in found)

    with Terminal([*words, *(part for name, value in given.items() for part in ("-s", f"{name}={value}"))]) as terminal:
        assert terminal.ended(look) == 0
    assert seen == sorted(seen)
    manifests = [orjson.loads(next((path / "runs").glob("*.json")).read_bytes()) for path in folders.values()]
    articles = [each["counts"]["articles"] for each in manifests]
    # More than either crawl has, and at last those of both.
    assert max(articles) < seen[-1][1] <= sum(articles)
    assert not [row for row in terminal.rows if LINE.search(row)]
    assert not terminal.cursor_hidden


def test_on_a_narrow_terminal_the_line_keeps_to_one_row_and_leaves_nothing_behind(serve: Serving, output: Path) -> None:
    cut = re.compile(r"\d+ pages?  \d+ new  .*…$")
    seen: list[str] = []

    def look(terminal: Terminal) -> None:
        rows = [row for row in terminal.shown if "new  " in row]
        assert len(rows) <= 1
        seen.extend(rows)

    with crawl_on(serve(12), output, columns=40, lines=10) as terminal:
        assert terminal.ended(look) == 0
    assert seen
    assert all(cut.fullmatch(row) for row in seen)
    assert not [row for row in terminal.rows if cut.search(row)]


@pytest.mark.thorough
def test_it_says_until_when_it_waits_and_that_the_site_has_asked_for_it(serve: Serving, output: Path) -> None:
    server = serve(12)
    refusing = server.site.truth()["articles"][3]["id"]
    server.site.fail(refusing, 429, 1, retry_after=4)
    waiting = re.compile(r"waiting until (\d\d:\d\d:\d\d) \(127\.0\.0\.1, Retry-After\)  \d+ pages")
    with crawl_on(server, output) as terminal:
        terminal.until(lambda terminal: any(waiting.match(row) for row in terminal.shown))
        now = datetime.now().astimezone()
        (until,) = (found[1] for row in terminal.shown if (found := waiting.match(row)))
        assert until in {f"{now + timedelta(seconds=left):%H:%M:%S}" for left in range(6)}
        terminal.until(lambda terminal: lines(terminal) and not terminal.shown[-1].startswith("waiting"))
        assert terminal.ended() == 0
    assert re.search(r"\n  \d+ pages read, .*, 4 s of it paused because the site refused requests\n", str(terminal))


@pytest.mark.thorough
def test_revised_articles_and_pages_that_fail_are_counted_apart(serve: Serving, crawl: Crawling, output: Path) -> None:
    server = serve(12)
    assert crawl(f"{server.url}/article/163/", output).code == 0
    edited, failing = (each["id"] for each in server.site.truth()["articles"][:2])
    server.site.edit(edited)
    (new,) = server.site.publish(1)
    server.site.fail(new, 503, -1)
    server.site.publish(1)
    seen: list[tuple[str, ...]] = []
    with crawl_on(server, output, {"VOK_RECHECK_DAYS": "0", "RETRY_TIMES": 0, "DOWNLOAD_DELAY": 0.3}) as terminal:
        assert terminal.ended(lambda terminal: seen.extend(found.groups()[1:] for found in lines(terminal))) == 10
    assert seen[-1] == ("1", "1", "1"), failing
    result = str(terminal)
    assert "incomplete (exit code 10)\n  some pages failed after all retries" in result
    assert "  1 new article, 1 revised, 0 removed, 2 new teasers\n" in result
    assert ", 1 failed; " in result
    assert "  errors: article_http_503 (1)" in result
    assert "  retry queue: 1 article, next attempt at " in result
    assert "  next: run again later" in result


def test_ctrl_c_ends_with_the_summary_and_a_kill_leaves_the_cursor_to_be_seen(serve: Serving, output: Path) -> None:
    server = serve(60)
    with crawl_on(server, output) as terminal:
        terminal.until(lambda terminal: any(int(found[1]) > 2 for found in lines(terminal)))
        assert not terminal.cursor_hidden
        terminal.press(b"\x03")
        assert terminal.ended() == 130
    assert "interrupted (exit code 130)\n  the run was stopped; everything fetched until then is delivered" in str(
        terminal
    )
    with crawl_on(server, output) as terminal:
        terminal.until(lines)
        terminal.kill()
        terminal.ended()
    assert not terminal.cursor_hidden


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_no_color_takes_the_colours_away(serve: Serving, output: Path, no_color: str, coloured: bool) -> None:
    with crawl_on(serve(5), output, env={"NO_COLOR": no_color}) as terminal:
        assert terminal.ended() == 0
    assert "done (exit code 0)" in str(terminal)
    assert bool(COLOUR.search(terminal.raw)) is coloured


def test_nolog_leaves_the_terminal_alone(serve: Serving, output: Path) -> None:
    with crawl_on(serve(5), output, more=["--nolog"]) as terminal:
        assert terminal.ended() == 0
    assert terminal.raw == b""
    assert len(list((output / "articles").iterdir())) == 1


def test_a_terminal_that_cannot_move_its_cursor_gets_the_log_and_the_summary_as_plain_text(
    serve: Serving, output: Path
) -> None:
    with crawl_on(serve(5), output, env={"TERM": "dumb"}) as terminal:
        assert terminal.ended() == 0
    assert b"\x1b" not in terminal.raw
    assert "INFO: Spider closed (finished)\nRun " in str(terminal)


def test_with_a_log_file_the_terminal_shows_the_line_and_the_summary_alone(serve: Serving, output: Path) -> None:
    log = output.with_name("crawl.log")
    seen: list[str] = []
    with crawl_on(serve(12), output, more=["--logfile", str(log)]) as terminal:
        assert terminal.ended(lambda terminal: seen.extend(found[0] for found in lines(terminal))) == 0
    assert seen
    assert terminal.shown[0].endswith("done (exit code 0)")
    assert not [row for row in terminal.rows if ENTRY.search(row)]
    text = log.read_text(encoding="utf-8")
    assert "INFO: Spider closed (finished)" in text
    assert "\x1b" not in text
    assert not LINE.search(text)


def test_the_level_of_the_log_does_not_touch_the_line(serve: Serving, output: Path) -> None:
    seen: list[str] = []
    with crawl_on(serve(12), output, more=["-L", "ERROR"]) as terminal:
        assert terminal.ended(lambda terminal: seen.extend(found[0] for found in lines(terminal))) == 0
    assert seen
    assert not [row for row in terminal.rows if ENTRY.search(row)]


def test_the_setting_turns_it_off_and_a_wrong_one_is_refused(serve: Serving, output: Path) -> None:
    server = serve(5)
    with crawl_on(server, output, {"VOK_PROGRESS": "off"}) as terminal:
        assert terminal.ended() == 0
    assert b"\x1b" not in terminal.raw
    assert terminal.shown[-1].endswith("INFO: Spider closed (finished)")
    with crawl_on(server, output, {"VOK_PROGRESS": "loud"}) as terminal:
        assert terminal.ended() == 2
    assert terminal.shown[-1] == "scrapy crawl: VOK_PROGRESS: 'loud' is not one of auto, off"


def test_where_there_is_no_terminal_it_logs_as_scrapy_does(serve: Serving, crawl: Crawling, output: Path) -> None:
    done = crawl(f"{serve(5).url}/article/163/", output, env={"FORCE_COLOR": "1", "TERM": "xterm-256color"})
    assert done.code == 0
    assert done.stdout == ""
    assert "\x1b" not in done.stderr
    assert "/min  " not in done.stderr
    assert done.stderr.endswith("INFO: Spider closed (finished)\n")


def test_a_run_that_cannot_begin_says_so_in_one_line(serve: Serving, output: Path) -> None:
    output.write_text("not a folder", encoding="utf-8")
    with crawl_on(serve(5), output) as terminal:
        assert terminal.ended() == 15
    assert terminal.shown[-1].startswith(f"scrapy crawl: {output}: ")
