"""`scrapy search` finds articles by their words and shows date, title, passage and link."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.children import ROOT
from tests.support.commands import scrapy
from tests.support.crawling import environment
from tests.support.in_process import run_command
from tests.support.terminal import Terminal
from tests.support.written_records import article, identity, removal, write_archive
from vokcrawl.commands.search import Command
from vokcrawl.errors import UsageError
from vokcrawl.search.index import SearchIndex
from vokcrawl.search.query import find, match_expression
from vokcrawl.storage.output_folder import OutputFolder

Capture = pytest.CaptureFixture[str]
FIRST, SECOND, THIRD = "2024-03-10T06:00:00Z", "2024-04-10T06:00:00Z", "2024-05-10T06:00:00Z"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five articles; one was changed, one is gone, one was gone and came back."""
    bodies = {
        0: "The harvest began early.\n\nPears were gathered in Narigol.",
        1: "A concert was given. The harvest was not spoken of.",
        2: "Café tables, and a naïve song about pears.",
        3: "The old harvest report.",
        4: "Ri Un Byol spoke of orchards.",
    }
    days = {0: "2024-03-01", 1: "2024-03-02", 2: None, 3: "2024-03-04", 4: "2024-03-05"}
    titles = {0: "Orchard harvest begins", 3: "Report"}
    return write_archive(
        tmp_path_factory.mktemp("search") / "output",
        *(
            article(each, FIRST, body=body, published_on=days[each], title=titles.get(each, f"Title {each}"))
            for each, body in bodies.items()
        ),
        article(3, SECOND, body="The new figures.", revision=2, published_on="2024-03-04", title="Report"),
        removal(1, SECOND),
        removal(4, SECOND),
        article(4, THIRD, body="Ri Un Byol spoke of orchards.", revision=2, published_on="2024-03-05", title="Title 4"),
    )


def found(archive: Path, *words: str, **bounds: Any) -> list[str]:
    """The numbers of the articles that are found, best first."""
    index = SearchIndex(OutputFolder(archive))
    try:
        total, hits = find(index, words, **{"limit": 100, **bounds})
    finally:
        index.close()
    assert total == len(hits) or "limit" in bounds
    return [str(int(hit.id.partition("-")[2]) - 1000) for hit in hits]


def test_it_shows_date_title_passage_and_link_of_what_is_found_and_says_how_many_there_are(archive: Path) -> None:
    done = scrapy("search", "harvest", "pears", output=archive)
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout == (
        "2024-03-01  Orchard harvest begins\n"
        "            The harvest began early. Pears were gathered in Narigol.\n"
        f"            https://site.test/newstream/{identity(0)}/slug/\n"
        "1 found\n"
    )


def test_programs_get_json(archive: Path, capsys: Capture) -> None:
    done = run_command(Command(), "pears", "--json", output=archive, capsys=capsys)
    result = json.loads(done.stdout)
    assert [each["published_on"] for each in result] == [None, "2024-03-01"]
    assert result[0] == {
        "id": identity(2),
        "revision": 1,
        "url": f"https://site.test/newstream/{identity(2)}/slug/",
        "published_on": None,
        "title": "Title 2",
        "passage": "Café tables, and a naïve song about pears.",
    }
    assert json.loads(run_command(Command(), "nowhere", "--json", output=archive, capsys=capsys).stdout) == []


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["harvest"], ["0"]),
        (["harvest", "pears"], ["0"]),
        (["pears", "song"], ["2"]),
        (["HARVESTS"], ["0"]),
        (["pear"], ["2", "0"]),
        (["cafe", "naive"], ["2"]),
        (["Café"], ["2"]),
        (["Ri Un Byol"], ["4"]),
        (["Byol Un Ri"], []),
        (["nari*"], ["0"]),
        (["gathered in nari*"], ["0"]),
        (["arigol"], []),
        # Superseded, and gone.
        (["old"], []),
        (["figures"], ["3"]),
        (["concert"], []),
        (["orchards", "spoke"], ["4"]),
    ],
)
def test_all_words_must_be_there_in_any_form_in_the_article_as_it_stands(
    words: list[str], numbers: list[str], archive: Path
) -> None:
    assert sorted(found(archive, *words)) == sorted(numbers)


def test_a_word_in_the_title_counts_for_more(archive: Path) -> None:
    assert found(archive, "orchard") == ["0", "4"]


def test_days_bound_what_is_found_and_a_limit_what_is_shown(archive: Path, capsys: Capture) -> None:
    assert sorted(found(archive, "pears")) == ["0", "2"]
    assert found(archive, "pears", since="2024-03-01", until="2024-03-01") == ["0"]
    assert found(archive, "pears", until="2024-02-28") == []
    done = run_command(Command(), "pears", "--limit", "1", output=archive, capsys=capsys)
    assert done.stdout.count("https://") == 1
    assert done.stdout.endswith("2 found, 1 shown; use --limit for more\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give at least one word"),
        (("--", '"', "--", "*"), "give at least one word"),
        (("x", "--limit", "0"), "--limit: '0' is not a whole number of 1 or more"),
        (("x", "--since", "2024-02-30"), "--since: '2024-02-30' is not a day"),
        (("x", "--since", "2024-02-02", "--until", "2024-02-01"), "--since must be the earlier day"),
        (tuple("x" * 101), "101 words are too many; the limit is 100"),
    ],
)
def test_a_wrong_option_is_named_in_one_line(
    arguments: tuple[str, ...], words: str, archive: Path, capsys: Capture
) -> None:
    done = run_command(Command(), *arguments, output=archive, capsys=capsys)
    assert (done.code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words in done.stderr


def test_where_nothing_was_ever_delivered_it_says_so_and_leaves_no_index(output: Path, capsys: Capture) -> None:
    done = run_command(Command(), "harvest", output=output, capsys=capsys)
    assert done.code == 2
    assert "contains no output of a run" in done.stderr
    assert not output.exists()


ODD = [
    '"', "NEAR(", "AND", "OR", "NOT", "*", "a*", "a**", "-a", "+a", "^a", "title:", "{body}:a", "a b", '"a', "(",
    "\x00", "\ud800",
]  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(max_size=30) | st.sampled_from(ODD), max_size=8))
def test_no_words_are_a_wrong_query(archive_of_one: Path, words: list[str]) -> None:
    try:
        found(archive_of_one, *words)
    except UsageError:
        assert not any(character.isalnum() for character in "".join(words))


@pytest.fixture(scope="module")
def archive_of_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archive(tmp_path_factory.mktemp("one") / "output", article(0, FIRST, body="AND NEAR(a b) title: x"))


@pytest.mark.parametrize("words", [["AND"], ["NEAR(a b)"], ["title:", "x"], ["near"], ["a", "b"]])
def test_what_a_query_language_would_take_for_its_own_is_a_word_like_others(
    words: list[str], archive_of_one: Path
) -> None:
    assert found(archive_of_one, *words) == ["0"]


def test_a_hundred_words_are_a_query_that_sqlite_takes(archive: Path) -> None:
    assert found(archive, *("harvest",) * 100) == ["0"]


def test_a_lone_quotation_mark_is_a_part_of_the_word() -> None:
    columns = "{title body title_pairs body_pairs}"
    assert match_expression(['say "so', "a*b*"]) == f'({columns} : "say ""so") AND ({columns} : "a*b"*)'


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["concert", "OR", "figures", "OR", "cafe"], ["2", "3"]),
        (["pears", "NOT", "song"], ["0"]),
        (["pears NOT song"], ["0"]),
        (["pears", "AND", "harvest"], ["0"]),
        # NOT binds closest, then AND.
        (["figures", "OR", "pears", "song"], ["2", "3"]),
        (["figures", "OR", "pears", "NOT", "harvest"], ["2", "3"]),
        (['"Ri Un Byol" OR "naive song"'], ["2", "4"]),
        (["title:harvest"], ["0"]),
        (["title:pears"], []),
        (['title:"orchard harvest"'], ["0"]),
        (["title:Orchard harvest"], ["0"]),
        (["harvest", "source:korea"], ["0"]),
        (["harvest", "NOT", "source:Voice of Korea"], []),
        (["source:harvest"], []),
        # Without something on both sides, an operator is a word.
        (["NOT", "pears"], []),
        (["pears", "OR"], []),
    ],
)
def test_operators_and_fields(words: list[str], numbers: list[str], archive: Path) -> None:
    assert sorted(found(archive, *words)) == numbers


@pytest.fixture(scope="module")
def asian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles in Korean, Japanese and Chinese, one of them changed."""
    return write_archive(
        tmp_path_factory.mktemp("asian") / "output",
        article(
            0,
            FIRST,
            title="경애하는김정은동지께서 현지지도",
            body="평양에서 KCNA는 보도했다. 사과 2024.",
            source="조선중앙통신 (Kr)",
        ),
        article(1, FIRST, title="平壌のラジオ放送", body="金正恩同志がﾗｼﾞｵを聞いた。"),
        article(2, FIRST, title="金正恩同志", body="在平壤市举行。" + "很" * 200),
        article(3, FIRST, title="Apple", body="평화 양식."),
        article(4, FIRST, title="옛날", body="평양 이전"),
        article(4, SECOND, title="옛날", body="지금", revision=2, changed=["body"]),
    )


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["김정은동지"], ["0"]),
        (["김정은"], ["0"]),
        (["평양"], ["0"]),
        (["평양에서"], ["0"]),
        # Both characters are there, but not together; and the version before is no longer found.
        (["양평"], []),
        (["이전"], []),
        (["지금"], ["4"]),
        (["金正恩"], ["1", "2"]),
        (["ラジオ"], ["1"]),
        (["ﾗｼﾞｵ"], ["1"]),
        (["平"], ["1", "2"]),
        (["壤"], ["2"]),
        (["KCNA는"], ["0"]),
        (["평양", "kcna"], ["0"]),
        (["평양", "OR", "apple"], ["0", "3"]),
        (["金正恩", "NOT", "放送"], ["2"]),
        (["title:金正恩"], ["2"]),
        (["source:조선중앙"], ["0"]),
        (["김정은동지께서 현지지도"], ["0"]),
        (["현지지도 김정은동지께서"], []),
        (["사과 2024"], ["0"]),
    ],
)
def test_korean_japanese_and_chinese_are_found_anywhere_in_a_text(
    words: list[str], numbers: list[str], asian: Path
) -> None:
    assert sorted(found(asian, *words)) == numbers


def test_a_passage_shows_the_match_in_a_text_without_spaces(asian: Path, capsys: Capture) -> None:
    done = run_command(Command(), "平壤", "--json", output=asian, capsys=capsys)
    (hit,) = json.loads(done.stdout)
    assert hit["passage"] == "在平壤市举行。" + "很" * 56 + "…"
    index = SearchIndex(OutputFolder(asian))
    try:
        _, (marked,) = find(index, ["평양"], limit=1)
    finally:
        index.close()
    assert marked.passage == "\x02평양\x03에서 KCNA는 보도했다. 사과 2024."


HOSTILE = "\x1b]0;owned\x07\u202epears\u2066\u009b31m [bold]x[/bold] :smile:"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An article whose every text tries to steer the terminal."""
    url = f"https://site.test/newstream/{identity(0)}/\u202eslug/"
    record = article(0, FIRST, title=HOSTILE, body=f"{HOSTILE}\n\npears \x02 \x03 {HOSTILE}", url=url)
    return write_archive(tmp_path_factory.mktemp("hostile") / "output", record)


def test_what_a_page_says_cannot_steer_the_terminal(hostile: Path, capsys: Capture) -> None:
    done = run_command(Command(), "pears", output=hostile, capsys=capsys)
    assert done.code == 0
    assert {unicodedata.category(each) for each in done.stdout.replace("\n", "")}.isdisjoint({"Cc", "Cf", "Co", "Cs"})
    assert r"\u001b]0;owned\u0007\u202epears\u2066\u009b31m [bold]x[/bold] :smile:" in done.stdout
    assert r"/\u202eslug/" in done.stdout


def test_as_json_it_says_what_the_page_said(hostile: Path, capsys: Capture) -> None:
    done = run_command(Command(), "pears", "--json", output=hostile, capsys=capsys)
    (result,) = json.loads(done.stdout)
    assert result["title"] == HOSTILE
    assert result["url"].endswith("/\u202eslug/")
    assert {unicodedata.category(each) for each in done.stdout.replace("\n", "")}.isdisjoint({"Cc", "Cf"})


def on_terminal(archive: Path, env: dict[str, str]) -> Terminal:
    command = [sys.executable, "-m", "scrapy", "search", "pears", "-s", f"VOK_OUTPUT_DIR={archive}"]
    with Terminal(command, env=env) as terminal:
        assert terminal.ended() == 0
    return terminal


def test_on_a_terminal_the_words_stand_out_and_hostile_text_is_shown(hostile: Path) -> None:
    terminal = on_terminal(hostile, {})
    styles = set(re.findall(rb"\x1b\[[0-9;]*m", terminal.raw))
    assert b"\x1b[1;32m" in styles
    # Nothing but styles of our own.
    assert b"\x1b" not in re.sub(rb"\x1b\[[0-9;]*m", b"", terminal.raw)
    assert any(r"\u001b]0;owned\u0007\u202epears" in row for row in terminal.rows)


def test_on_a_terminal_with_no_color_there_is_no_colour(archive: Path) -> None:
    terminal = on_terminal(archive, {"NO_COLOR": "1"})
    assert b"32m" not in terminal.raw
    assert any(row.startswith("2024-03-01  Orchard harvest begins") for row in terminal.rows)


def test_output_that_cannot_be_written_ends_with_15(archive: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "scrapy", "search", "pears", "-s", f"VOK_OUTPUT_DIR={archive}"]
        done = subprocess.run(command, cwd=ROOT, env=environment(), stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 15, done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("look_up", [0, 1_000], ids=["one by one", "at once"])
@pytest.mark.parametrize("many_of", [4, 1], ids=["of all", "of some"])
@pytest.mark.parametrize("query", [["story"], ["stor*"]], ids=["word", "prefix"])
def test_very_many_matches_are_the_newest_first_and_all_counted(
    query: list[str], many_of: int, look_up: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vokcrawl.search.query._MAX_RANKED", 5)
    # The order and the passages are found in several ways, by the number of matches.
    monkeypatch.setattr("vokcrawl.search.query._MANY_OF", many_of)
    monkeypatch.setattr("vokcrawl.search.query._READ_PER_LOOK_UP", look_up)
    days = {number: f"2024-03-{1 + number * 9 % 28:02}" for number in range(20)}
    output = write_archive(
        tmp_path / "output",
        *(article(number, FIRST, body="A story.", published_on=day) for number, day in days.items()),
        article(20, FIRST, body="A story without a day.", published_on=None),
        article(21, FIRST, body="Nothing.", published_on="2024-03-31"),
        # Changed: it no longer has the word, or it has another day.
        article(0, SECOND, body="Another text.", revision=2, published_on=days[0]),
        article(1, SECOND, body="A story.", revision=2, published_on="2024-04-02"),
        removal(2, SECOND),
        removal(3, SECOND),
        article(3, THIRD, body="A story.", revision=2, published_on=days[3]),
    )
    days[1] = "2024-04-02"
    expected = sorted((number for number in days if number not in (0, 2)), key=lambda each: days[each], reverse=True)
    index = SearchIndex(OutputFolder(output))
    try:
        for limit in (3, 100):
            total, hits = find(index, query, limit=limit)
            assert total == 19
            assert [hit.id for hit in hits] == [identity(each) for each in [*expected, 20]][:limit]
        assert all("story" in hit.passage for hit in hits)
        total, hits = find(index, query, limit=100, since="2024-03-05", until="2024-03-31")
        assert [hit.id for hit in hits] == [
            identity(each) for each in expected if "2024-03-05" <= days[each] <= "2024-03-31"
        ]
        assert total == len(hits)
        assert find(index, query, limit=100, removed=True)[0] == 20
        assert index.db.execute("SELECT count(*) FROM listed").fetchone() == (22,)
    finally:
        index.close()
