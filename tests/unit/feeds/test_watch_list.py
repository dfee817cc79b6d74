"""Watched phrases: which texts contain them, and which files are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from vokcrawl.config.watch_list import WatchList, WatchListError, read_watch_list


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("Ri", "The origin of Ri Un Byol", True),
        ("Ri", "The origin", False),
        ("ri un byol", "Ri  Un\n\nByol spoke", True),
        ("orchard", "ORCHARDS", False),
        ("orchard", "“Orchard”", True),
        ("평양", "김정은동지께서 평양에서", True),
        ("김정은동지", "경애하는김정은동지께서는", True),
        ("金正恩", "金正恩同志", True),
        ("ラジオ", "ﾗｼﾞｵ放送", True),
        ("KCNA", "KCNA는 보도했다", True),
        ("U.S.", "the U.S. army", True),
        ("C++", "C++ and", True),
        ("café", "CAFE\u0301 tables", True),
        ("a.b", "axb", False),
    ],
)
def test_a_phrase_is_found_as_whole_words_or_anywhere_in_joined_scripts(phrase: str, text: str, found: bool) -> None:
    assert WatchList([phrase]).found_in([text]) == ([phrase] if found else [])


def test_phrases_are_returned_in_the_order_of_the_list() -> None:
    assert WatchList(["two", "one", "three"]).found_in(["one", "two"]) == ["two", "one"]
    assert WatchList([]).found_in(["one"]) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "contains no phrase; write one per line"),
        (b"\n  \n# only a comment\n", "contains no phrase; write one per line"),
        ("one\n평양".encode("euc-kr"), "line 2 is not UTF-8; save the file in this encoding"),
        ("평양".encode("utf-16"), "is not UTF-8"),
        ("ab".encode("utf-16-le"), "contains null characters"),
        (b"one\n...\n", "line 2 contains no letter or digit: '...'"),
        (b"x" * 201, "line 1 has 201 characters; the maximum is 200"),
        (b"x\n" * 600_000, "the file is larger than 1000000 bytes"),
    ],
)
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "watch.txt"
    path.write_bytes(content)
    with pytest.raises(WatchListError, match=message.replace("(", r"\(").replace(".", r"\.")):
        read_watch_list(path)


def test_a_file_may_have_blank_lines_comments_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "watch.txt"
    path.write_bytes("\ufeff평양\r\n\r\n# names\r\n Ri  Un Byol \r\n평양\r\n".encode())
    assert read_watch_list(path).phrases == ("평양", "Ri Un Byol")
    with pytest.raises(WatchListError, match="cannot be read: No such file"):
        read_watch_list(tmp_path / "nothing")
