"""`scrapy report` as a command: its output, its input, and its errors."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import FULL_SIZE
from tests.support.archive_builder import T0, Archive, article, large, removal, retry_entry, revised
from tests.support.children import ROOT
from tests.support.commands import ONE_BY_ONE, Crawling, Serving, contents, crawling, delivered, scrapy, wait_for
from tests.support.crawling import environment
from vokcrawl.storage.output_folder import PART


def small(path: Path) -> Path:
    """Three articles of three days with a gap between them, one revised, one removed, and one pending retry."""
    made = Archive(path)
    first = [article(number, T0 + timedelta(days=day)) for number, day in ((1, 0), (2, 1), (3, 4))]
    made.run(T0 + timedelta(days=4), first)
    at = T0 + timedelta(days=5)
    made.run(
        at,
        [revised(first[0], at, title="Story 1, corrected")],
        [removal(first[1], at)],
        pending_retries=[retry_entry(9, at)],
    )
    return made.finish()


def text_of(path: Path) -> str:
    """What the page says, without its markup; blocks are parted by spaces."""
    text = re.sub(r"<style>.*?</style>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"</?(?:a|bdi|code|del|ins|span|time)\b[^>]*>", "", text)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_it_writes_one_page_into_the_output_folder_and_changes_nothing_else(output: Path) -> None:
    small(output)
    before = contents(output)
    done = scrapy("report", output=output)
    assert (done.code, done.stderr) == (0, "")
    assert re.fullmatch(rf"{output}/report\.html: 3 articles, \d+\.\d kB\n", done.stdout)
    assert contents(output, but=(".lock", "report.html")) == before
    # And again, over the one of before.
    assert scrapy("report", output=output).code == 0
    assert [path.name for path in output.rglob(f"*{PART}")] == []


def test_a_user_without_a_home_directory_gets_no_warning_about_fonts(output: Path) -> None:
    small(output)
    done = scrapy("report", output=output, env={"HOME": "/dev/null/home", "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": ""})
    assert (done.code, done.stderr) == (0, "")


def test_the_report_agrees_with_status(output: Path) -> None:
    small(output)
    assert scrapy("report", output=output).code == 0
    result = json.loads(scrapy("status", "--json", output=output).stdout)
    pending = len(result["pending_retries"])
    assert (result["articles"], result["revised"], result["removed"], pending, result["runs"]) == (
        3,
        1,
        1,
        1,
        2,
    )
    text = text_of(output / "report.html")
    assert "3 articles, from 1 January 2024 to 5 January 2024" in text
    figures = ["articles 3", "revised 1", "removed by the site 1", "teasers 0"]
    figures += ["period without articles 1", "pending retries 1", "runs 2", "on disk "]
    assert " ".join(figures) in text
    assert result["gaps"] == [{"from": "2024-01-03", "to": "2024-01-04"}]
    assert "3 to 4 January 2024" in text
    assert "Story deleted: 1 inserted: 1, corrected" in text
    assert "Story 2 404 5 Jan 2024, 06:00 6 Jan 2024, 06:00 removed" in text
    assert f"{result['pending_retries'][0]['url']} http_503 3 times" in text


def test_a_real_crawl_is_reported_with_its_requests_and_new_records(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(12)
    done = crawl(f"{server.url}/article/163/", output)
    assert done.code == 0, done.stderr
    assert scrapy("report", output=output).code == 0
    text = text_of(output / "report.html")
    assert "12 articles, from" in text
    assert re.search(rf"● done \d+ s {len(server.requests)} 12 0 0 12 ", text)
    assert "Needs attention Nothing needs attention." in text


def test_to_names_another_file(output: Path, tmp_path: Path) -> None:
    small(output)
    target = tmp_path / "page.html"
    done = scrapy("report", "--to", str(target), output=output)
    assert done.code == 0
    assert done.stdout.startswith(f"{target}: ")
    assert target.read_bytes().startswith(b"<!doctype html>")
    assert not (output / "report.html").exists()


def test_copy_adds_links_to_our_own_pages(output: Path) -> None:
    small(output)
    identities = [f"{int((T0 + timedelta(days=day)).timestamp())}-{number}" for number, day in ((1, 0), (2, 1))]
    for given, base in (("site", "site/"), ("https://example.test/vok/", "https://example.test/vok/")):
        assert scrapy("report", "--copy", given, output=output).code == 0
        page = (output / "report.html").read_text(encoding="utf-8")
        assert re.findall(r'<a href="([^"]*)">our copy</a>', page) == [
            f"{base}article/{each}.html" for each in identities
        ]
        assert f'href="https://site.example/newstream/{identities[1]}/a-story/"' in page
    assert scrapy("report", output=output).code == 0
    assert "our copy" not in (output / "report.html").read_text(encoding="utf-8")


def test_what_is_no_report_is_not_written_over(output: Path, tmp_path: Path) -> None:
    small(output)
    precious = tmp_path / "thesis.html"
    precious.write_text("<html>years of work</html>", encoding="utf-8")
    for arguments in (("--to", str(precious)), ()):
        if not arguments:
            (output / "report.html").write_bytes(precious.read_bytes())
        done = scrapy("report", *arguments, output=output)
        assert done.code == 2
        assert "move it away" in done.stderr
        assert done.stderr.count("\n") == 1
    assert precious.read_text(encoding="utf-8") == "<html>years of work</html>"
    assert (output / "report.html").read_bytes() == precious.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "{tmp}"], "is a directory; give a file name"),
        (["--to", "{tmp}/none/report.html"], "does not exist; create it first"),
        (["--to", "{tmp}/output/runs/report.html"], "this directory belongs to the crawl"),
        (["page.html"], "give the output file with --to FILE"),
        (["--copy", "javascript:alert(1)"], "'javascript:alert(1)' is not an http(s) URL or a path from the report"),
        (["--copy", "//example.test/"], "'//example.test/' is not an http(s) URL"),
        (["--copy", ""], "'' is not an http(s) URL"),
    ],
)
def test_a_target_that_cannot_be_is_refused_in_one_line(
    output: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    small(output)
    done = scrapy("report", *(each.format(tmp=tmp_path) for each in arguments), output=output)
    assert done.code == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_empty_directory_is_refused_and_one_without_articles_is_reported(output: Path) -> None:
    done = scrapy("report", output=output)
    assert done.code == 2
    assert "contains no output of a run" in done.stderr
    assert not output.exists()
    made = Archive(output)
    made.run(T0)
    made.finish()
    done = scrapy("report", output=output)
    assert (done.code, done.stderr) == (0, "")
    text = text_of(output / "report.html")
    for said in (
        "No article has been delivered yet",
        "No delivered article has a day.",
        "No article has more than one revision.",
        "The site has removed no delivered article.",
        "No article is waiting for a retry.",
    ):
        assert said in text


def test_a_damaged_line_is_named_on_the_page_and_in_the_terminal_and_the_rest_is_reported(output: Path) -> None:
    small(output)
    path = next((output / "articles").glob("20240105*.jsonl"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][:40] + b"\n" + lines[2])
    done = scrapy("report", output=output)
    assert done.code == 10
    assert done.stderr.startswith(
        f"scrapy report: 1 fault in delivered files, listed in the report; the first one: {path}:2: not JSON"
    )
    assert done.stderr.count("\n") == 1
    text = text_of(output / "report.html")
    assert "1 fault in delivered files; the report contains what could be read." in text
    assert f"{path}:2: not JSON" in text
    assert "2 articles on 2 days" in text


def test_an_incomplete_manifest_is_named_and_the_others_are_reported(output: Path) -> None:
    small(output)
    path = sorted((output / "runs").glob("*.json"))[0]
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest["files"]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    done = scrapy("report", output=output)
    assert done.code == 10
    assert f"{path}: not a valid manifest: the keys files are missing" in done.stderr
    assert "1 run: 1 done." in text_of(output / "report.html")


def test_without_a_state_it_says_how_to_make_one_and_writes_nothing(output: Path) -> None:
    small(output)
    (output / "state.sqlite3").unlink()
    done = scrapy("report", output=output)
    assert done.code == 15
    assert "scrapy repair --rebuild-state" in done.stderr
    assert not (output / "report.html").exists()


def test_where_there_is_no_room_the_page_of_before_stays_and_nothing_half_is_left(output: Path) -> None:
    small(output)
    done = scrapy("report", output=output, fault="largest:4096")
    assert done.code == 15, done.stderr
    assert done.stderr.startswith(f"scrapy report: {output}/report.html: ")
    assert list(output.glob("report.html*")) == []
    assert scrapy("report", output=output).code == 0
    before = (output / "report.html").read_bytes()
    assert scrapy("report", output=output, fault="largest:4096").code == 15
    assert (output / "report.html").read_bytes() == before
    assert list(output.glob(f"*{PART}")) == []


def test_during_a_crawl_the_report_shows_the_finished_runs(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(12)
    url = f"{server.url}/article/163/"
    assert crawl(url, output).code == 0
    server.site.publish(40)
    with crawling(url, output, {**ONE_BY_ONE, "DOWNLOAD_DELAY": 0.5}) as process:
        wait_for(lambda: delivered(output) > 12, process)
        done = scrapy("report", output=output)
        assert (done.code, done.stderr) == (0, "")
        assert process.poll() is None
    text = text_of(output / "report.html")
    assert "is running; its records are included when it has ended." in text
    assert "1 run: 1 done." in text
    assert "12 articles on" in text


def test_without_its_libraries_it_names_the_file_that_brings_them(output: Path, tmp_path: Path) -> None:
    small(output)
    (tmp_path / "matplotlib.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'matplotlib'\", name='matplotlib')", encoding="utf-8"
    )
    path = os.pathsep.join(each for each in (str(tmp_path), os.environ.get("PYTHONPATH")) if each)
    done = scrapy("report", output=output, env={"PYTHONPATH": path})
    assert done.code == 2
    assert done.stderr == (
        "scrapy report: needs the package matplotlib, which is not installed; "
        "run `pip install -r requirements/report.txt`\n"
    )


def report_cpu_seconds(output: Path) -> float:
    """CPU time of `scrapy report`."""
    command = [sys.executable, "-m", "scrapy", "report", "-s", f"VOK_OUTPUT_DIR={output}"]
    before = os.times()
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=600, check=False
    )
    after = os.times()
    assert done.returncode == 0, done.stderr
    return after.children_user - before.children_user + after.children_system - before.children_system


@pytest.mark.thorough
def test_report_of_very_many_articles_is_small_and_takes_linear_time(tmp_path: Path) -> None:
    articles, runs = (100_000, 1_000) if FULL_SIZE else (40_000, 400)
    small = report_cpu_seconds(large(tmp_path / "small", articles=articles // 4, runs=runs // 4))
    output = large(tmp_path / "large", articles=articles, runs=runs)
    # Four times the archive: linear is less than 4, as some of the time is the same for each, quadratic is 16.
    assert report_cpu_seconds(output) < 6 * small
    assert (output / "report.html").stat().st_size < 2_000_000
    text = text_of(output / "report.html")
    assert f"{articles:,} articles, from" in text
    assert f"{runs:,} runs: " in text
    assert f"And {runs - 20} runs more: " in text
