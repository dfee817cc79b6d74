"""`scrapy browse --freeze` writes the archive as a static site, and later only what has changed."""

from __future__ import annotations

import errno
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html

from tests.support.archive_builder import T0, Archive, article, revised
from tests.support.browse_server import HOSTILE, LATER, archive, browsing, captured, freeze, identity, opened
from tests.support.commands import scrapy
from tests.support.written_records import teaser, write_lines
from vokcrawl.browse.frozen_site import FrozenSite
from vokcrawl.errors import FolderLockedError, StorageError
from vokcrawl.exports.target import replacing


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def shown(path: Path) -> Any:
    return html.fromstring(path.read_bytes().decode())


def text_of(path: Path) -> str:
    return " ".join(shown(path).text_content().split())


def check_links(root: Path) -> None:
    for path in sorted(root.rglob("*.html")):
        for element in shown(path).cssselect("a[href], link[href], script[src], form[action]"):
            url = next(element.get(name) for name in ("href", "src", "action") if element.get(name) is not None)
            parts = urlsplit(url)
            if parts.scheme:
                assert element.tag == "a"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path}: {url}"
            if parts.fragment:
                assert shown(target).get_element_by_id(parts.fragment) is not None


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("freeze")
    archive(root / "output")
    done = scrapy("browse", "--freeze", str(root / "site"), output=root / "output")
    assert (done.code, done.stderr) == (0, "")
    assert re.fullmatch(rf"{root}/site/index\.html: 62 articles; \d+ files written, [\d.]+ kB\n", done.stdout)
    return root / "site"


def test_every_link_leads_to_a_page_and_a_place_in_it(frozen: Path) -> None:
    assert len(list(frozen.rglob("*.html"))) > 62
    check_links(frozen)


def test_articles_show_versions_removals_and_citations(frozen: Path) -> None:
    edited = shown(frozen / f"article/{identity(1)}.html")
    assert edited.cssselect("h1")[0].text_content() == "Harvest ends in county 1"
    assert next(each.text_content() for each in edited.cssselect(".after ins")) == "inserted: ends"
    assert [each.get("href") for each in edited.cssselect(".history a[href*=article]")] == [
        f"../article/{identity(1)}/1.html"
    ]
    earlier = frozen / f"article/{identity(1)}/1.html"
    assert "This is an earlier version." in text_of(earlier)
    assert "Harvest begins in county 1" in text_of(earlier)
    removed = text_of(frozen / f"article/{identity(2)}.html")
    assert "Removed by the site, confirmed 10 Feb 2024, 06:00" in removed
    assert "The first paragraph of story 2." in removed
    assert re.search(r"manifest runs/20240101T060000Z\.json, sha256:[0-9a-f]{64}", removed)


def test_lists_by_state_month_and_source(frozen: Path) -> None:
    def listed(name: str) -> list[str]:
        return [each.text_content() for each in shown(frozen / "list" / name).cssselect("h2 a")]

    assert listed("removed.html") == ["Harvest begins in county 2"]
    assert listed("edited.html") == ["Harvest ends in county 1"]
    assert listed("truncated.html") == ["Harvest begins in county 5"]
    assert listed("no-date.html") == ["Harvest begins in county 4"]
    assert len(listed("2024-01.html")) == 59
    index = shown(frozen / "index.html")
    assert len(index.cssselect(".articles li")) == 50
    sources = {each.text_content(): each.get("href") for each in index.cssselect("a[href*=source-]")}
    assert listed(sources["Rodong Sinmun"].removeprefix("list/")) == ["Harvest begins in county 5"]


def test_hostile_text_stays_text(frozen: Path) -> None:
    for path in frozen.rglob("*.html"):
        page = shown(path)
        assert [each.get("src") for each in page.cssselect("script")] == ["search.js"] * (path.name == "search.html")
        assert not page.cssselect("img, object, embed, svg, iframe")
        assert not [name for each in page.iter("*") for name in each.attrib if name.startswith("on")]
        assert page.cssselect('meta[http-equiv="Content-Security-Policy"][content="default-src \'self\'"]')
    page = shown(frozen / f"article/{identity(900)}.html")
    assert page.cssselect("h1")[0].text_content() == HOSTILE.replace("\u202e", "U+202E")


def overhead(path: Path) -> int:
    """Bytes of a page besides the text and the addresses that it shows."""
    page = shown(path)
    addresses = sum(len(each.get("href")) for each in page.cssselect('a[href^="http"]'))
    return path.stat().st_size - len(" ".join(page.text_content().split()).encode()) - addresses


def test_page_of_an_article_has_much_less_than_1_kb_beyond_what_it_shows(frozen: Path) -> None:
    assert max(overhead(frozen / f"article/{identity(number)}.html") for number in range(6, 61)) < 700


def test_page_with_everything_that_an_article_may_have_stays_below_1_kb_too(tmp_path: Path) -> None:
    made = Archive(tmp_path / "output")
    whole = article(
        1,
        T0,
        body="\n\n".join(f"Paragraph {number} of a long story." for number in range(8)),
        original_url="http://www.vok.example/original",
        images=[{"url": "https://site.example/a.jpg", "caption": "A picture"}],
    )
    made.run(T0, [captured(made, whole, b"<p>As it was</p>")])
    excerpt = teaser(1, "2024-01-01T06:00:00Z", id=whole["id"], url=whole["url"], excerpt="Paragraph 0 …")
    write_lines(made.folder.path / "teasers" / "20240101T060000Z.jsonl", [excerpt])
    freeze(made.folder.path, tmp_path / "site", captures=True)
    page = tmp_path / "site" / "article" / f"{identity(1)}.html"
    assert all(each in text_of(page) for each in ("A picture", "Paragraph 7", "Position", "Captured page", "Original"))
    assert overhead(page) < 1_000


def test_captured_pages_are_files_without_scripts_under_a_policy(tmp_path: Path) -> None:
    page = """<!doctype html><!-- <head> --><html data-x="<head>"><head><meta charset="euc-kr"><title>새 공장</title>
        <script>window.owned = 1</script></head><body onload="owned()"><p>평양 <a href="https://site.example/">x</a></p>"""
    made = archive(tmp_path / "output", page.encode("euc-kr"), articles=8)
    site = tmp_path / "site"
    freeze(made.folder.path, site)
    assert not (site / "captured").exists()
    assert "Captured page" not in text_of(site / f"article/{identity(3)}.html")
    without = files(site)
    done = freeze(made.folder.path, site, captures=True)
    assert done.unreadable == []
    check_links(site)
    (link,) = shown(site / f"article/{identity(3)}.html").cssselect('a[href*="captured"]')
    assert link.get("href") == f"../captured/{identity(3)}-1.html"
    (frame,) = shown(site / "captured" / f"{identity(3)}-1.html").cssselect("iframe")
    assert (frame.get("sandbox"), frame.get("src")) == ("", f"{identity(3)}-1-frame.html")
    content = (site / "captured" / f"{identity(3)}-1-frame.html").read_bytes()
    beginning = b'\xef\xbb\xbf<!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    assert content.startswith(beginning)
    assert "<p>평양 <a>x</a></p>".encode() in content
    assert b"owned" not in content
    # Incremental, and gone when they are no longer wanted.
    assert freeze(made.folder.path, site, captures=True).written == 0
    (site / "captured" / f"{identity(3)}-1-frame.html").unlink()
    assert freeze(made.folder.path, site, captures=True).written == 2
    freeze(made.folder.path, site)
    assert files(site) == without


def test_captured_page_that_cannot_be_read_is_named_and_tried_again(tmp_path: Path) -> None:
    made = archive(tmp_path / "output", articles=8)
    (warc,) = (made.folder.path / "archive").iterdir()
    sound = warc.read_bytes()
    warc.write_bytes(sound[:40])
    site = tmp_path / "site"
    done = scrapy("browse", "--freeze", str(site), "--captures", output=made.folder.path)
    assert (done.code, done.stderr.count("\n")) == (10, 1)
    assert "1 captured page could not be read, for example " in done.stderr
    assert warc.name in text_of(site / "captured" / f"{identity(3)}-1.html")
    check_links(site)
    warc.write_bytes(sound)
    assert freeze(made.folder.path, site, captures=True).unreadable == []
    assert (site / "captured" / f"{identity(3)}-1-frame.html").is_file()


def test_site_that_is_up_to_date_is_not_touched(tmp_path: Path) -> None:
    made = archive(tmp_path / "output", articles=8)
    site = tmp_path / "site"
    first = freeze(made.folder.path, site)
    assert (first.articles, first.written > 20) == (10, True)
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*.html")}
    assert freeze(made.folder.path, site).written == 0
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*.html")} == before


def test_new_run_changes_only_what_it_concerns(tmp_path: Path) -> None:
    made = archive(tmp_path / "output", articles=8)
    site = tmp_path / "site"
    freeze(made.folder.path, site)
    before = files(site)
    at = LATER + timedelta(days=400)
    made.run(at, [article(1001, at), revised(article(7, T0, title="Harvest begins in county 7"), at, title="Other")])
    freeze(made.folder.path, site)
    after = files(site)
    changed = {name for name, content in after.items() if before.get(name) != content}
    new, edited = f"article/{int(at.timestamp())}-1001", f"article/{identity(7)}"
    # The page of the first run links to what is now an earlier version.
    runs = {f"run/{each:%Y%m%dT%H%M%SZ}.html" for each in (T0, at)}
    expected = {f"{new}.html", f"{edited}.html", f"{edited}/1.html", *runs, "runs.html", "index.html", "frozen.json"}
    assert {name for name in changed if not name.startswith(("list/", "search/"))} == expected
    assert {name for name in changed if name.startswith("list/")} == {
        "list/edited.html", "list/2024-01.html", f"list/{at:%Y-%m}.html", *_source_lists(changed),
    }  # fmt: skip
    assert {name for name in changed if name.startswith("search/")} == {
        "search/years.js", *(f"search/{year}-{part}0.js" for year in (2024, 2025) for part in ("", "p", "d")),
    }  # fmt: skip
    # The same as a site that was written at once.
    freeze(made.folder.path, tmp_path / "fresh")
    assert files(tmp_path / "fresh") == after


def _source_lists(names: set[str]) -> set[str]:
    return {name for name in names if name.startswith("list/source-")}


def test_deleted_pages_come_back_and_pages_of_deleted_records_go(tmp_path: Path) -> None:
    made = archive(tmp_path / "output", articles=8)
    site = tmp_path / "site"
    freeze(made.folder.path, site)
    before = files(site)
    (site / f"article/{identity(3)}.html").unlink()
    (site / "list/removed.html").unlink()
    freeze(made.folder.path, site)
    assert files(site) == before
    for path in (made.folder.path / "articles").glob("20240210*"):
        path.unlink()
    freeze(made.folder.path, site)
    assert not (site / f"article/{identity(900)}.html").exists()
    assert not (site / f"article/{identity(1)}" / "2.html").exists()
    assert "Harvest begins in county 1" in text_of(site / f"article/{identity(1)}.html")


def test_failure_leaves_nothing_half_written_and_the_next_time_completes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = archive(tmp_path / "output", articles=8)
    site = tmp_path / "site"
    replaced, count = os.replace, 0

    def replace(source: Any, target: Any) -> None:
        nonlocal count
        count += 1
        if count == 7:
            raise OSError(errno.ENOSPC, "No space left on device")
        replaced(source, target)

    source = opened(made.folder.path)
    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(StorageError, match="No space left on device"):
        FrozenSite(str(site), source, "The archive").write()
    monkeypatch.undo()
    assert not [path for path in site.rglob("*") if "part" in path.name]
    assert len(list(site.rglob("*.html"))) == 6
    freeze(made.folder.path, site)
    freeze(made.folder.path, tmp_path / "fresh")
    assert files(site) == files(tmp_path / "fresh")


def test_two_at_a_time_are_refused(tmp_path: Path) -> None:
    made = archive(tmp_path / "output", articles=5)
    freeze(made.folder.path, tmp_path / "site")
    with replacing(tmp_path / "site" / "frozen.json", overwrite=True) as part:
        part.write_bytes((tmp_path / "site" / "frozen.json").read_bytes())
        with pytest.raises(FolderLockedError):
            freeze(made.folder.path, tmp_path / "site")


def test_same_story_in_another_archive(tmp_path: Path) -> None:
    made, other, third = (Archive(tmp_path / name) for name in ("output", "other", "third"))
    made.run(T0, [article(1, T0, story="n240101001"), article(2, T0, story="n240101002"), article(3, T0)])
    korean = article(71, T0, story="n240101001", title="새 공장", source="Voice of Korea (Kr)", language="ko")
    later = revised(korean, LATER, title="큰 공장")
    other.run(T0, [korean, article(72, T0, story="n240101009")])
    other.run(LATER, [later])
    third.run(T0, [article(81, T0, story="n240101002", title="工場", source="Voice of Korea (Jp)", language="ja")])
    others = [other.folder.path, third.folder.path]
    site = tmp_path / "site"
    freeze(made.folder.path, site, others)
    link = shown(site / f"article/{identity(1)}.html").cssselect("a[href*=with]")
    assert [(each.text_content(), each.get("href")) for each in link] == [
        ("큰 공장", f"../with/1/article/{identity(71)}.html")
    ]
    assert "工場" in text_of(site / f"article/{identity(2)}.html")
    assert "The same story" not in text_of(site / f"article/{identity(3)}.html")
    assert (site / f"with/1/article/{identity(71)}/1.html").is_file()
    assert not (site / f"with/1/article/{identity(72)}.html").exists()
    check_links(site)
    assert freeze(made.folder.path, site, others).written == 0
    with browsing(made.folder.path, *(f"--with={each}" for each in others)) as served:
        page = html.fromstring(served.get(f"/article/{identity(1)}").text)
        (link,) = page.cssselect("a[href*=with]")
        answer = served.get(link.get("href"))
        assert (answer.status, "큰 공장" in answer.text) == (200, True)
        assert served.get(f"/with/1/article/{identity(71)}/1").status == 200
        assert "with/3: there are 2 other archives" in served.get(f"/with/3/article/{identity(71)}").text
        assert served.get(f"/with/1/article/{identity(1)}").status == 404
        assert served.get(f"/article/{identity(1)}.html").status == 200


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--freeze", "{foreign}"), "has other contents than a frozen site; choose an empty or a new directory"),
        (("--freeze", "{file}"), "is not a directory"),
        (("--freeze", "{output}"), "is the output directory; choose another one"),
        (("--freeze", "{new}", "--port", "1"), "--port: nothing is served with --freeze; omit one of them"),
        (("--captures",), "--captures: applies to a static site; give its directory with --freeze"),
        (("--with", "{foreign}"), "contains no output of a run; give the output directory of another crawl"),
        (("--with", "{output}"), "is the directory that is shown; give that of another crawl"),
    ],
)
def test_invalid_directories_get_one_sentence(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    output = archive(tmp_path / "output", articles=5).folder.path
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("mine", encoding="utf-8")
    names = {"foreign": tmp_path / "foreign", "file": tmp_path / "foreign" / "thesis.txt", "output": output}
    given = [each.format(**names, new=tmp_path / "new") for each in arguments]
    done = scrapy("browse", *given, output=output)
    assert (done.code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert message in done.stderr
    assert [path.name for path in (tmp_path / "foreign").iterdir()] == ["thesis.txt"]
    assert not (tmp_path / "new").exists()
