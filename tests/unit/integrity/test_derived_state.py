"""Values of the state that follow from manifests and from other values: each is compared, not only its form."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from vokcrawl.integrity.state_check import _next_checks, _notes, _routes
from vokcrawl.pages.routes import LinkRoute, route_to_text
from vokcrawl.policy.outcome import CRASHED

START, LISTING, SOURCE = "https://site.test/newstream/", "https://site.test/article/163/", "Voice of Korea (EN)"
ID = "1733700000-1"


def state(**tables: list[dict[str, Any]]) -> Any:
    """A state with these tables."""
    rows = {"runs": [{"started_at": "2024-12-10T06:00:07Z"}], "notes": [], **tables}
    notes = {row["name"]: row["value"] for row in rows["notes"]}
    return SimpleNamespace(table=lambda name: rows.get(name, []), note=notes.get, unfinished_runs=list)


def node(*, outcome: str = "done", found_from: str | None = START, **settings: str) -> Any:
    """A manifest that reports one listing."""
    listing = SimpleNamespace(url=LISTING, source=SOURCE, discovered_from=found_from)
    return SimpleNamespace(manifest=SimpleNamespace(listings=[listing], outcome=outcome, settings=settings))


def faults(check: Callable[..., Iterator[str]], *given: Any) -> list[str]:
    return list(check(*given))


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
    # A crashed run reports no listings.
    assert faults(_routes, state(routes=[other]), [node(), node(outcome=CRASHED)]) == []


POSITION = json.dumps({"number": 1, "route": route_to_text(LinkRoute(LISTING)), "ids": []})


@pytest.mark.parametrize(
    ("name", "sound", "damaged"),
    [
        ("last_started", "2024-12-10T06:00:07Z", "2024-12-10T06:00:06Z"),
        ("recheck_days", "1,3,7", "1,3-7"),
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
    found = faults(_next_checks, state(articles=[article(**values)], notes=notes), [node()])
    assert [f"table articles, {ID!r}: next_check_at" in fault for fault in found] == [True] * (not sound)


@pytest.mark.parametrize(("note", "setting"), [("0", "1,3"), ("1,3", "0"), (None, "1,3")])
def test_a_check_in_every_run_has_no_time_that_follows(note: str | None, setting: str) -> None:
    notes = [{"name": "recheck_days", "value": note}] if note is not None else []
    rows = [article(next_check_at="2024-12-12T11:22:34Z")]
    assert faults(_next_checks, state(articles=rows, notes=notes), [node(VOK_RECHECK_DAYS=setting)]) == []
