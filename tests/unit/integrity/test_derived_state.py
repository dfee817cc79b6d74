"""Values of the state that follow from manifests and from other values: each is compared, not only its form."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.integrity.consistency import _lengths, is_misspelt
from vokcrawl.integrity.state_check import (
    _TIME,
    _listing_crawls,
    _next_checks,
    _notes,
    _routes,
    _runs,
    _RunTimes,
    _times,
)
from vokcrawl.normalize import content_hash
from vokcrawl.pages.routes import LinkRoute, route_to_text
from vokcrawl.policy.outcome import CRASHED
from vokcrawl.storage.manifest import Manifest

START, LISTING, SOURCE = "https://site.test/newstream/", "https://site.test/article/163/", "Voice of Korea (EN)"
ID, RUN = "1733700000-1", "20241210T060007Z"


def state(**tables: list[dict[str, Any]]) -> Any:
    """A state with these tables."""
    run = {"run_id": RUN, "started_at": "2024-12-10T06:00:07Z", "ended_at": "2024-12-10T06:10:00Z"}
    rows = {"runs": [run], "notes": [], **tables}
    notes = {row["name"]: row["value"] for row in rows["notes"]}
    return SimpleNamespace(table=lambda name, *_: rows.get(name, []), note=notes.get, unfinished_runs=list)


def node(
    *,
    outcome: str = "done",
    found_from: str | None = START,
    run_id: str = RUN,
    started_at: str = "2024-12-10T06:00:07Z",
    ended_at: str | None = "2024-12-10T06:10:00Z",
    **settings: str,
) -> Any:
    """A manifest that reports one listing."""
    listing = SimpleNamespace(url=LISTING, source=SOURCE, discovered_from=found_from, complete=False)
    times = {"started_at": started_at, "ended_at": ended_at}
    manifest = SimpleNamespace(listings=[listing], outcome=outcome, settings=settings, **times)
    return SimpleNamespace(run_id=run_id, manifest=manifest)


def faults(check: Callable[..., Iterator[str]], *values: Any) -> list[str]:
    return list(check(*values))


def test_a_route_is_compared_with_the_listings_of_the_manifests() -> None:
    row = {"start": START, "source": SOURCE.upper(), "route": route_to_text(LinkRoute(LISTING))}
    assert faults(_routes, state(routes=[row]), [node()]) == []
    other = {**row, "route": route_to_text(LinkRoute(LISTING.replace("163", "162")))}
    (fault,) = faults(_routes, state(routes=[other]), [node()])
    assert fault.endswith("the route to 'https://site.test/article/162/' is in no manifest")
    (fault,) = faults(_routes, state(routes=[{**row, "start": LISTING}]), [node()])
    assert fault.endswith("no manifest reports a listing that was found from there")
    # Manifests of the first releases do not say where a listing was found.
    assert faults(_routes, state(routes=[row]), [node(found_from=None)]) == []


def test_after_a_crash_only_a_route_that_is_nearly_one_of_a_manifest_is_damaged() -> None:
    """A crashed run reports no listings."""
    nodes = [node(), node(outcome=CRASHED)]

    def found(url: str = LISTING, start: str = START) -> list[str]:
        row = {"start": start, "source": SOURCE, "route": route_to_text(LinkRoute(url))}
        return faults(_routes, state(routes=[row]), nodes)

    assert found() == found(LISTING.replace("163", "162")) == found(start=LISTING) == []
    (fault,) = found(LISTING.replace("article", "arpicle"))
    assert fault.endswith("'https://site.test/arpicle/163/' is damaged; no manifest has it")
    (fault,) = found(start=START.replace("new", "nev"))
    assert fault.endswith("'https://site.test/nevstream/' is damaged; no manifest has it")


def test_a_listing_that_is_nearly_one_of_a_manifest_is_damaged() -> None:
    """The run that crawled it has crashed, so its manifest reports no listings."""

    def found(url: str) -> list[str]:
        row = {"number": 1, "listing": url, "run_id": "20240101T000000Z", "complete": 0, "covered_since": None}
        return faults(_listing_crawls, state(listing_crawls=[row]), [node(outcome=CRASHED)])

    assert found(LISTING) == found(LISTING.replace("163", "162")) == []
    (fault,) = found(LISTING.replace(".test", ",test"))
    assert fault.endswith("listing 'https://site,test/article/163/' is damaged; no manifest has it")


def test_a_rebuild_that_was_killed_leaves_a_manifest_without_arguments_of_a_run_that_has_not_ended() -> None:
    started = "2024-12-10T06:00:07Z"
    draft = Manifest.draft(RUN, "vok", started, {"full": "1"}, None)
    made = SimpleNamespace(
        path="runs/x.json", sha256="x", manifest=Manifest.draft(RUN, "vok", started, {}, None).completed()
    )
    row = {"run_id": RUN, "started_at": started, "manifest_draft": draft.to_json(), "ended_at": None}
    assert faults(_runs, state(runs=[row]), {RUN: made}) == []
    ended = {**row, "ended_at": started, "outcome": made.manifest.outcome, "exit_code": made.manifest.exit_code}
    (fault,) = faults(_runs, state(runs=[{**ended, "manifest_sha256": "x"}]), {RUN: made})
    assert fault.endswith("manifest_draft is not the beginning of its manifest")


POSITION = json.dumps({"number": 1, "route": route_to_text(LinkRoute(LISTING)), "ids": []})


@pytest.mark.parametrize(
    ("name", "sound", "damaged"),
    [
        ("last_started", "2024-12-10T06:00:07Z", "2024-12-10T06:00:06Z"),
        ("recheck_days", "1,3,7", "1,3-7"),
        ("rebuilt_at", "2024-12-10T06:00:07Z", "2024-12-10T06:00:0wZ"),
        ("redirected_home", f"{ID} others-read", f"{ID} others,read"),
        ("slice:voice of korea (en):listing", '{"route": "", "pages": 1, "done": 1}', '{"rOute": "", "pages": 1}'),
        (f"position:{SOURCE}:{LISTING}", POSITION, POSITION.replace("LinkRoute", "LinkRoutg")),
    ],
)
def test_a_damaged_note_is_named(name: str, sound: str, damaged: str) -> None:
    assert faults(_notes, state(notes=[{"name": name, "value": sound}])) == []
    (fault,) = faults(_notes, state(notes=[{"name": name, "value": damaged}]))
    assert fault.startswith(f"table notes, {name!r}: ")


def article(**values: str | None) -> dict[str, Any]:
    times = {"first_seen_at": "2024-12-09T11:22:33Z", "checked_at": "2024-12-10T06:01:00Z", "missing_since": None}
    return {"id": ID, **times, **values}


@pytest.mark.parametrize(
    ("values", "sound"),
    [
        ({"next_check_at": "2024-12-12T11:22:33Z"}, True),
        ({"next_check_at": None}, True),
        ({"next_check_at": "2024-12-12T11:22:34Z"}, False),
        ({"next_check_at": "2024-12-08T11:22:33Z"}, False),
        # Missing: a second request a day later.
        ({"missing_since": "2024-12-10T06:01:00Z", "next_check_at": "2024-12-11T06:01:00Z"}, True),
        ({"missing_since": "2024-12-10T06:01:00Z", "next_check_at": "2024-12-11T06:01:02Z"}, False),
        # Missing, and then redirected to the front page: checked by its age again.
        ({"missing_since": "2024-12-10T06:01:00Z", "next_check_at": "2024-12-12T11:22:33Z"}, True),
        # Rebuilt while each article was checked in every run.
        ({"next_check_at": "2024-12-09T11:22:33Z"}, True),
        # Postponed at the start of a run, when the clock was set back.
        ({"next_check_at": "2024-12-10T06:00:07Z"}, True),
        ({"checked_at": "2024-12-08T06:01:00Z", "next_check_at": "2024-12-09T06:01:00Z"}, True),
    ],
)
def test_the_time_of_the_next_check_follows_from_the_other_times(values: dict[str, str | None], sound: bool) -> None:
    notes = [{"name": "recheck_days", "value": "1,3,7,30,90"}]
    found = checks(state(articles=[article(**values)], notes=notes), [node()])
    assert [f"table articles, {ID!r}: next_check_at" in fault for fault in found] == [True] * (not sound)


def test_a_check_may_be_counted_from_when_the_state_was_rebuilt() -> None:
    """An article that was first seen while the clock was ahead."""
    rows = [article(next_check_at="2024-06-05T04:03:02Z")]
    for notes, sound in (([], False), ([{"name": "rebuilt_at", "value": "2024-06-02T04:03:02Z"}], True)):
        assert (checks(state(articles=rows, notes=notes), [node()]) == []) is sound


@pytest.mark.parametrize(("note", "setting"), [("0", "1,3"), ("1,3", "0"), (None, "1,3")])
@pytest.mark.parametrize(
    ("due", "sound"),
    [
        ("2024-12-10T06:01:02Z", True),
        # The second look at a missing article.
        ("2024-12-11T06:01:02Z", True),
        ("2024-12-12T11:22:33Z", True),
        ("2024-12-12T11:22:34Z", False),
        ("2024-02-10T06:01:02Z", False),
    ],
)
def test_where_articles_are_checked_in_every_run_the_next_check_has_the_time_of_one(
    note: str | None, setting: str, due: str, sound: bool
) -> None:
    notes = [{"name": "recheck_days", "value": note}] if note is not None else []
    rows = [article(next_check_at=due)]
    nodes = [node(VOK_RECHECK_DAYS=setting)]
    found = checks(state(articles=rows, notes=notes), nodes)
    assert [f"table articles, {ID!r}: next_check_at {due!r} does not follow" in fault for fault in found] == [True] * (
        not sound
    )


def checks(known: Any, nodes: list[Any]) -> list[str]:
    return faults(_next_checks, known, nodes, _RunTimes(known, nodes))


@pytest.mark.parametrize(
    ("moment", "sound"),
    [
        ("2024-12-10T06:01:00Z", True),
        # The clock may have been set in the run.
        ("2024-12-09T12:00:00Z", True),
        ("2024-12-11T06:00:00Z", True),
        ("2024-12-08T06:01:00Z", False),
        ("2024-12-12T06:01:00Z", False),
        ("2024-02-10T06:01:00Z", False),
        ("2034-12-10T06:01:00Z", False),
    ],
)
def test_what_a_run_noted_has_a_time_of_one(moment: str, sound: bool) -> None:
    known = state(articles=[article(checked_at=moment)])
    found = faults(_times, known, _RunTimes(known, [node()]))
    assert found == [f"table articles, {ID!r}: checked_at {moment!r} is in no run"] * (not sound)


def test_a_run_without_an_end_had_ended_when_the_next_one_began() -> None:
    """Its row in the state has the time of its recovery, or none."""
    crashed = node(outcome=CRASHED, ended_at=None)
    later = node(run_id="20250110T060000Z", started_at="2025-01-10T06:00:00Z", ended_at="2025-01-10T07:00:00Z")
    runs = _RunTimes(state(), [crashed, later])
    assert "2025-01-05T06:00:00Z" in runs
    assert "2025-02-01T06:00:00Z" not in runs
    assert "2999-01-01T06:00:00Z" in _RunTimes(state(), [crashed])
    unfinished = {"run_id": RUN, "started_at": "2024-12-10T06:00:07Z", "ended_at": None}
    assert "2999-01-01T06:00:00Z" in _RunTimes(state(runs=[unfinished]), [])
    # The first run was killed before its first commit.
    assert "2024-12-10T06:00:07Z" not in _RunTimes(state(runs=[]), [])


def test_a_run_in_which_the_clock_was_set_back_covers_both_times() -> None:
    runs = _RunTimes(state(), [node(ended_at="2024-11-10T06:00:07Z")])
    assert "2024-11-20T06:00:00Z" in runs
    # How long it went on before that is not known.
    assert "2024-12-20T06:00:00Z" in runs
    assert "2024-10-20T06:00:00Z" not in runs


@pytest.mark.parametrize(
    ("value", "sound"),
    [("2024-02-29T06:01:00Z", True), ("2024-02-30T06:01:00Z", False), ("2024-00-10T06:01:00Z", False)],
)
def test_a_time_is_one_of_the_calendar(value: str, sound: bool) -> None:
    assert _TIME(value) is sound


@pytest.mark.parametrize(
    ("value", "known", "damaged"),
    [
        ("kcnawatch-articld/2+content", "kcnawatch-article/2+content", True),
        ("kcnawatch-article/2+conte.t", "kcnawatch-article/2+content", True),
        ("kcnawatch-article/r+content", "kcnawatch-article/2+content", True),
        ("kcnawatch-article/3+content", "kcnawatch-article/2+content", False),
        ("kcnawatch-article/2+structure", "kcnawatch-article/2+content", False),
        ("my-layout/2+content", "kcnawatch-article/2+content", False),
    ],
)
def test_a_value_that_is_nearly_a_known_one_is_damaged(value: str, known: str, damaged: bool) -> None:
    assert is_misspelt(value, known) is damaged
    assert not is_misspelt(known, known)


@given(st.lists(st.text("ab\u00e9", min_size=1), min_size=1), st.lists(st.sampled_from((" ", "\n\n")), min_size=9))
def test_a_body_with_the_same_hash_has_a_length_between_the_bounds(words: list[str], gaps: list[str]) -> None:
    bodies = [
        unicodedata.normalize(form, "".join(f"{word}{gap}" for word, gap in zip(words, between, strict=False)).strip())
        for form in ("NFC", "NFD")
        for between in (gaps, gaps[::-1])
    ]
    assert len({content_hash("", body) for body in bodies}) == 1
    for body in bodies:
        shortest, longest = _lengths(body)
        assert all(shortest <= len(other) <= longest for other in bodies)
