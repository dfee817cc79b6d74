"""`scrapy replay --diff` shows what would change in the delivered records, and changes nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import contents
from tests.support.replaying import Replayed, replay
from tests.support.warc_captures import AT, HOST, http, packed, record, records, site_of, whole

SITE = site_of(12)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output folder: what was delivered of one run, and its archive, as a crawl leaves it."""
    archive = packed(records(whole(SITE)), tmp_path / "20241210T060000Z.warc.gz")
    done = replay(archive, to=tmp_path / "output")
    assert (done.code, len(done.articles()), len(done.teasers())) == (0, 12, 12)
    (done.output / "archive").mkdir()
    archive.rename(done.output / "archive" / archive.name)
    return done.output


def rewritten(output: Path, kind: str, change: Any) -> list[dict[str, Any]]:
    """Changes the delivered records: `change` is given each with its number, and gives what is left of it, or None."""
    path = next((output / kind).glob("*.jsonl"))
    kept = [change(number, json.loads(line)) for number, line in enumerate(path.read_bytes().splitlines())]
    path.write_text("".join(json.dumps(each) + "\n" for each in kept if each is not None), encoding="utf-8")
    return [each for each in kept if each is not None]


def diff(output: Path, *given: object) -> tuple[Replayed, dict[str, Any]]:
    done = replay("--diff", "--json", *given, to=None, output=output)
    return done, json.loads(done.stdout)


def test_where_nothing_would_change_it_says_so_and_leaves_all_as_it_is(output: Path) -> None:
    before = contents(output)
    done, found = diff(output)
    assert (done.code, done.stderr) == (0, "")
    assert found["schema"] == "vokcrawl.replay-diff/1"
    assert (found["runs"], found["answers"], found["faults"]) == (1, 14, 0)
    for kind, number in (("articles", 12), ("teasers", 12), ("removals", 0)):
        counts = {name: found["kinds"][kind][name] for name in ("same", "changed", "would_appear", "would_vanish")}
        assert counts == {"same": number, "changed": 0, "would_appear": 0, "would_vanish": 0}
    assert contents(output) == before


def test_it_counts_what_would_change_by_field_and_gives_a_few_examples(output: Path) -> None:
    def change(number: int, record: dict[str, Any]) -> dict[str, Any]:
        if number < 5:
            record["title"] = "As it was read before"
        if number == 7:
            record["body"] = record["body"][:200] + "XX" + record["body"][202:]
            record["published_on"] = None
        # These are the run's: they are not compared.
        record |= {"extractor": "another/0", "archived_as": None, "fetched_at": "2020-01-01T00:00:00Z"}
        return record

    kept = rewritten(output, "articles", change)
    _, found = diff(output)
    articles = found["kinds"]["articles"]
    assert (articles["same"], articles["changed"]) == (6, 6)
    assert {name: each["count"] for name, each in articles["fields"].items()} == {
        "body": 1,
        "published_on": 1,
        "title": 5,
    }
    title = articles["fields"]["title"]["examples"]
    assert len(title) == 3
    truth = {each["id"]: each for each in SITE.truth()["articles"]}
    for example in title:
        assert example["was"] == "As it was read before"
        assert truth[example["id"]]["title"].startswith(example["would_be"].removesuffix("…"))
        assert example["url"] == truth[example["id"]]["url"]
    [body] = articles["fields"]["body"]["examples"]
    # Not the whole text, but where it differs.
    assert body["was"][1:].startswith(kept[7]["body"][180:202])
    assert body["would_be"][1:].startswith(truth[body["id"]]["body"][180:200])
    assert max(len(body["was"]), len(body["would_be"])) <= 122
    assert articles["fields"]["published_on"]["examples"] == [
        {"id": body["id"], "url": body["url"], "was": None, "would_be": truth[body["id"]]["published_on"]}
    ]
    words = replay("--diff", to=None, output=output).stdout.splitlines()
    assert "articles: 6 the same, 6 would change, 0 would appear, 0 would vanish" in words
    assert "  title: 5 records would change" in words
    assert "      was      As it was read before" in words


def test_it_counts_what_would_appear_and_what_would_vanish(output: Path) -> None:
    def drop(number: int, record: dict[str, Any]) -> dict[str, Any] | None:
        return record if number % 3 else None

    def rename(number: int, record: dict[str, Any]) -> dict[str, Any]:
        if number == 2:
            record |= {"id": "1733788800-1", "url": f"{HOST}/newstream/1733788800-1/never-archived/"}
        return record

    kept = rewritten(output, "articles", drop)
    rewritten(output, "teasers", rename)
    _, found = diff(output)
    articles, teasers = found["kinds"]["articles"], found["kinds"]["teasers"]
    assert (articles["same"], articles["would_appear"], articles["would_vanish"]) == (8, 4, 0)
    assert len(articles["appearing"]) == 3
    assert not {each["id"] for each in articles["appearing"]} & {each["id"] for each in kept}
    assert (teasers["same"], teasers["would_appear"], teasers["would_vanish"]) == (11, 1, 1)
    assert [each["id"] for each in teasers["vanishing"]] == ["1733788800-1"]
    words = replay("--diff", to=None, output=output).stdout
    assert f"  would vanish: {HOST}/newstream/1733788800-1/never-archived/" in words


def test_what_a_run_without_an_archive_has_delivered_does_not_vanish(output: Path) -> None:
    def of_another_run(number: int, record: dict[str, Any]) -> dict[str, Any]:
        if number == 2:
            record |= {"id": "1733788800-1", "url": f"{HOST}/newstream/1733788800-1/x/", "run_id": "20240101T000000Z"}
        return record

    rewritten(output, "teasers", of_another_run)
    _, found = diff(output)
    assert (found["kinds"]["teasers"]["would_appear"], found["kinds"]["teasers"]["would_vanish"]) == (1, 0)


def test_text_of_the_site_is_harmless_on_the_terminal(output: Path) -> None:
    def change(number: int, record: dict[str, Any]) -> dict[str, Any]:
        return record | {"title": "\x1b[31mred\u202e"}

    rewritten(output, "articles", change)
    done = replay("--diff", to=None, output=output)
    assert "articles: 0 the same, 12 would change" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


def test_only_the_named_runs_are_shown_but_earlier_ones_are_read_too(output: Path, tmp_path: Path) -> None:
    # Two days later one article was edited: the archive of that run alone would make a first version of it.
    site = site_of(12)
    identity = site.truth()["articles"][4]["id"]
    site.edit(identity)
    later = packed(records(whole(site, AT + timedelta(days=2))), output / "archive" / "20241212T060000Z.warc.gz")
    both = replay(to=tmp_path / "both", output=output)
    versions = [each for each in both.articles() if each["id"] == identity]
    assert [each["revision"] for each in versions] == [1, 2]
    for kind in ("articles", "teasers", "runs"):
        for path in (both.output / kind).iterdir():
            (output / kind / path.name).write_bytes(path.read_bytes())
    for given in ("20241212T060000Z", later):
        _, found = diff(output, given)
        assert found["runs"] == 2
        assert (found["kinds"]["articles"]["same"], found["kinds"]["articles"]["would_appear"]) == (1, 0)
        assert found["kinds"]["teasers"]["same"] == 0


def test_an_archive_of_other_programs_is_compared_with_all_delivered_records(output: Path, tmp_path: Path) -> None:
    other = packed(records(whole(SITE)[:5]), tmp_path / "other.warc.gz")
    _, found = diff(output, other)
    articles = found["kinds"]["articles"]
    assert (articles["same"], articles["would_appear"], articles["would_vanish"]) == (4, 0, 0)


def test_a_folder_without_archives_is_compared_with_those_that_are_named(output: Path, tmp_path: Path) -> None:
    moved = (output / "archive").rename(tmp_path / "moved")
    found = diff(output, *moved.iterdir())[1]["kinds"]["articles"]
    assert (found["same"], found["changed"], found["would_appear"], found["would_vanish"]) == (12, 0, 0, 0)


@pytest.mark.parametrize("option", ["--to", "--diff"])
def test_of_many_faults_it_says_where_more_of_them_can_be_read(option: str, output: Path, tmp_path: Path) -> None:
    pages = whole(SITE)
    bad = [record(pages[1].url, http(pages[1].answer), fields={"WARC-Date": "never"}) for _ in range(130)]
    archive = packed([*records(pages), *bad], tmp_path / "bad.warc.gz")
    given = ("--diff", "--json") if option == "--diff" else (option, tmp_path / "to")
    done = replay(archive, *given, to=None, output=output)
    assert (done.code, len(done.faults)) == (10, 21)
    if option == "--to":
        [manifest] = (tmp_path / "to" / "runs").iterdir()
        assert len(json.loads(manifest.read_bytes())["replay"]["faults"]) == 100
        assert done.faults[-1] == "and 110 more faults; the manifests list more of them"
    else:
        found = json.loads(done.stdout)
        assert done.faults[-1] == "and 110 more faults; --json lists up to 100"
        assert (found["faults"], len(found["faults_listed"])) == (130, 100)
        assert found["faults_listed"][:20] == done.faults[:20]
