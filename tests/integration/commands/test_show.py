"""`scrapy show` prints an article with its history, its archived page, and citations."""

from __future__ import annotations

import gzip
import json
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Done
from tests.support.in_process import run_command
from tests.support.written_records import HOSTILE, Record, article, identity, removal, teaser, write_archive
from vokcrawl.commands.show import Command
from vokcrawl.storage.manifest import Manifest, write_manifest
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.warc import records
from vokcrawl.warc.gzip_members import compress_member

Capture = pytest.CaptureFixture[str]
FIRST, SECOND = "2024-03-10T06:00:00Z", "2024-04-10T06:00:00Z"
WARC = "archive/20240310T060000Z.warc.gz"
AT = datetime(2024, 3, 10, 6, tzinfo=UTC)
PAGE = "<!doctype html><title>x</title><p>朝鮮 page \x1b[31m".encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"


@pytest.fixture(scope="module")
def bodies() -> bytes:
    return gzip.compress(PAGE, mtime=0)


@pytest.fixture
def archive(output: Path, bodies: bytes) -> Path:
    """An edited article with an archived page and a repeated one, a removed one, a headline only, and a lone teaser."""
    zero, three = article(0, FIRST), article(3, FIRST)
    date = records.moment(AT)
    digest = records.digest(bodies)

    def target(record: Record) -> list[tuple[str, str]]:
        return [("WARC-Target-URI", record["url"])]

    first = compress_member(records.response(records.new_id(), date, target(zero), digest, HEAD, bodies))
    refers_to = [
        ("WARC-Refers-To-Target-URI", zero["url"]),
        ("WARC-Refers-To-Date", date),
        ("WARC-Refers-To-Filename", WARC.rpartition("/")[2]),
        ("WARC-Refers-To-File-Offset", "0"),
    ]
    again = compress_member(records.revisit(records.new_id(), date, target(three), digest, HEAD, refers_to))
    (output / "archive").mkdir(parents=True)
    (output / WARC).write_bytes(first + again)
    write_archive(
        output,
        article(0, FIRST, title=HOSTILE, archived_as={"file": WARC, "offset": 0, "digest": digest}),
        article(0, SECOND, body="New text.", title="A {new} 100 % title_1", revision=2, changed=["title", "body"]),
        article(1, FIRST, body="", published_on=None, source=None, language=None),
        removal(1, SECOND),
        article(3, FIRST, archived_as={"file": WARC, "offset": len(first), "digest": digest}),
        teaser(0, FIRST, excerpt="The opening."),
        teaser(2, FIRST),
    )
    manifest = Manifest.draft("20240310T060000Z", "vok", FIRST, {}, None)
    write_manifest(
        OutputFolder(output), manifest.completed(ended_at="2024-03-10T06:05:00Z", outcome="done", exit_code=0)
    )
    return output


@pytest.fixture
def show(archive: Path, capsys: Capture) -> Any:
    def shown(*arguments: str) -> Done:
        return run_command(Command(), *arguments, output=archive, capsys=capsys)

    return shown


def test_show_prints_the_latest_version_its_teaser_and_its_history(show: Any) -> None:
    done = show(identity(0))
    assert (done.code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "A {new} 100 % title_1"
    assert lines[1] == "2023-11-14 · Voice of Korea (EN) · en"
    assert f"Revision 2 of 2, fetched at {SECOND}" in lines
    assert "Not archived" in lines
    assert "New text." in lines
    assert f"Teaser, position 1 on https://site.test/newstream/, {FIRST}" in lines
    assert "  The opening." in lines
    assert lines[-3:] == [
        "History",
        f"  {FIRST}  revision 1, first version, run 20240310T060000Z",
        f"  {SECOND}  revision 2, changed: title, body, run 20240410T060000Z",
    ]


def test_show_prints_an_earlier_version_with_its_place_in_the_archive(show: Any) -> None:
    done = show(f"https://site.test/newstream/{identity(0)}/other-slug/", "--revision", "1")
    assert done.code == 0
    # A hostile title stays text, and its invisible characters are escaped.
    assert done.stdout.splitlines()[0] == HOSTILE.replace("\u202e", "\\u202e").replace("\x85", "\\u0085")
    assert f"Archived in {WARC} at 0, sha256:" in done.stdout
    assert f"Revision 1 of 2, fetched at {FIRST}" in done.stdout


def test_show_says_when_an_article_was_removed_and_when_it_has_no_text(show: Any) -> None:
    done = show(identity(1))
    assert f"Removed by the site, confirmed at {SECOND}" in done.stdout
    assert "(no text: a headline only)" in done.stdout
    assert f"{SECOND}  removed (404), first missing at 2024-04-08T06:00:00Z" in done.stdout


def test_show_of_an_article_of_which_only_the_teaser_was_delivered(show: Any) -> None:
    done = show(identity(2))
    assert done.code == 0
    assert f"{identity(2)}/slug/: the article was not delivered yet" in done.stdout
    refused = show(identity(2), "--cite")
    assert refused.code == 2
    assert "only its teaser was delivered so far" in refused.stderr


@pytest.mark.parametrize("number", [0, 3], ids=["response", "revisit"])
def test_show_html_and_raw_print_the_archived_bytes(
    archive: Path, bodies: bytes, number: int, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    for option, expected in (("--html", PAGE), ("--raw", HEAD + bodies)):
        arguments = (identity(number), option, "--revision", "1")
        done: Any = run_command(Command(), *arguments, output=archive, capsys=capsysbinary)  # type: ignore[arg-type]
        assert (done.code, done.stderr) == (0, b"")
        assert done.stdout == expected


def test_show_escapes_a_page_on_a_terminal_and_prints_no_binary_data_there(
    show: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    page = show(identity(0), "--html", "--revision", "1")
    assert page.code == 0
    assert page.stdout == "<!doctype html><title>x</title><p>朝鮮 page \\u001b[31m\n"
    refused = show(identity(0), "--raw", "--revision", "1")
    assert refused.code == 2
    assert refused.stdout == ""
    assert "--raw: binary data; redirect it to a file" in refused.stderr


@pytest.mark.parametrize("arguments", [("--cite",), ("--cite", "text")])
def test_show_cite_names_article_and_evidence(show: Any, archive: Path, arguments: tuple[str, ...]) -> None:
    manifest = archive / "runs" / "20240310T060000Z.json"
    cited = show(identity(3), *arguments).stdout
    assert cited.startswith(
        f"Voice of Korea (EN), “Title 3”, 14 November 2023, https://site.test/newstream/{identity(3)}/slug/. "
        f"First seen {FIRST}; revision 1, fetched {FIRST}, text sha256:"
    )
    record = json.loads(
        (archive / WARC.replace("archive", "articles").replace(".warc.gz", ".jsonl")).read_bytes().splitlines()[2]
    )
    place = record["archived_as"]
    assert f"archived in {WARC} at {place['offset']}, payload {place['digest']}; " in cited
    digest = sha256(manifest.read_bytes()).hexdigest()
    assert cited.endswith(f"manifest runs/20240310T060000Z.json, sha256:{digest}, 2024-03-10T06:05:00Z.\n")


def test_show_cite_takes_the_id_after_the_option(show: Any) -> None:
    assert show("--cite", identity(3)).stdout == show(identity(3), "--cite", "text").stdout


def test_show_cite_bibtex_escapes_what_latex_would_interpret(show: Any) -> None:
    cited = show(identity(0), "--cite", "bibtex").stdout
    lines = cited.splitlines()
    assert lines[0] == f"@misc{{vok-{identity(0)}-r2,"
    assert "  title = {{A \\{new\\} 100 \\% title\\_1}}," in lines
    assert "  author = {{Voice of Korea (EN)}}," in lines
    assert "  date = {2023-11-14}," in lines
    assert f"  url = {{https://site.test/newstream/{identity(0)}/slug/}}," in lines
    assert "no manifest yet" in cited
    assert lines[-1] == "}"
    # Without the escaped ones, all braces are balanced.
    bare = cited.replace("\\{", "").replace("\\}", "")
    assert bare.count("{") == bare.count("}")


def test_show_cite_csl_json_is_an_item_that_reference_managers_import(show: Any) -> None:
    (item,) = json.loads(show(identity(3), "--cite", "csl-json").stdout)
    assert item["type"] == "article-newspaper"
    assert item["title"] == "Title 3"
    assert item["author"] == [{"literal": "Voice of Korea (EN)"}]
    assert item["issued"] == {"date-parts": [[2023, 11, 14]]}
    assert item["accessed"] == {"date-parts": [[2024, 3, 10]]}
    assert item["archive"] == WARC
    (bare,) = json.loads(show(identity(1), "--cite", "csl-json").stdout)
    assert not {"author", "issued", "language", "archive"} & set(bare)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name one article by its id or URL"),
        ((identity(0), identity(1)), "name one article by its id or URL"),
        (("1733788800-1",), "'1733788800-1': no article with this id in "),
        (("\x1b[31m",), "no article with this id in "),
        ((identity(0), "--revision", "7"), "--revision: 7 is not a revision of 1700000000-1000; there are: 1, 2"),
        ((identity(0), "--revision", "x"), "--revision: 'x' is not a whole number of 1 or more"),
        ((identity(2), "--revision", "1"), "there are: none"),
        ((identity(0), "--cite", "word"), "--cite: 'word' is not one of text, bibtex, csl-json"),
        ((identity(0), "--html"), "1700000000-1000: revision 2 was not archived (VOK_ARCHIVE was off)"),
    ],
)
def test_show_names_what_is_wrong_with_its_arguments(show: Any, arguments: tuple[str, ...], message: str) -> None:
    done = show(*arguments)
    assert (done.code, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr


def test_show_in_a_directory_without_output(tmp_path: Path, capsys: Capture) -> None:
    done = run_command(Command(), identity(0), output=tmp_path / "nothing", capsys=capsys)
    assert done.code == 2
    assert "contains no output of a run" in done.stderr


def test_show_skips_damaged_lines_names_them_and_is_incomplete(show: Any, archive: Path) -> None:
    path = archive / "articles" / "20240310T060000Z.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([b'{"torn\n', *lines[1:]]))
    done = show(identity(0))
    assert done.code == 10
    assert done.stdout.startswith("A {new} 100 % title_1")
    assert f"{path}:1: not JSON" in done.stderr
    missing = show("1733788800-1")
    assert missing.code == 2
    assert "1 damaged line skipped" in missing.stderr


def test_show_ignores_damage_of_other_articles_only(show: Any, archive: Path) -> None:
    path = archive / "articles" / "20240310T060000Z.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    # Valid JSON that is not a valid record of another article.
    path.write_bytes(b"".join([lines[0], lines[1].replace(b'"revision":1', b'"revision":-1'), *lines[2:]]))
    assert show(identity(1)).code == 2
    assert (show(identity(0)).code, show(identity(0)).stderr) == (0, "")
    # Two records on one line: either of them is damaged.
    path.write_bytes(b"".join([lines[0], lines[1][:100], *lines[2:]]))
    for number in (1, 3):
        assert f"{path}:2: not JSON" in show(identity(number)).stderr
    assert show(identity(0)).code == 0


def test_show_refuses_an_archived_page_that_is_damaged_or_missing(show: Any, archive: Path) -> None:
    path = archive / WARC
    sound = path.read_bytes()
    path.write_bytes(sound[:40] + bytes([sound[40] ^ 255]) + sound[41:])
    damaged = show(identity(0), "--html", "--revision", "1")
    path.unlink()
    gone = show(identity(0), "--raw", "--revision", "1")
    for done in (damaged, gone):
        assert (done.code, done.stdout) == (15, "")
        assert WARC in done.stderr
        assert "verify" in done.stderr
