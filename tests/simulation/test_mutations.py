"""The simulation notices each mend of the crawl core that is undone.

Each run plays the histories that are known to show it. A run in CI also looks for some mends among 20,000 histories, a
thorough run for all.
"""

from __future__ import annotations

import pytest

from tests.conftest import FULL_SIZE
from tests.simulation.mutations import MUTATIONS
from tests.simulation.play import play
from tests.simulation.world import World
from vokcrawl.crawling.paginators.selection import Paginators

# Within so many histories each mutation fails.
HISTORIES = 20_000
# These need more: only the known histories show them.
RARE = {
    "any page read again joins",
    "one page before since ends the listing",
    "search results that are known lead nowhere",
}
# The search for these takes thousands of histories each, so only a thorough run plays them.
FOUND_LATE = {
    "batches need not join the one before",
    "a missing batch is not looked for further up",
    "a page without a link onward is the last one",
    "a position moves before its entries are resolved",
    "a page that fails ends the listing",
    "the first pages are not read again",
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_undone_mend_fails_known_histories(name: str) -> None:
    mutation = MUTATIONS[name]
    worlds = [World.draw(seed) for seed in mutation.seeds]
    assert worlds
    assert [play(world) for world in worlds] == [None] * len(worlds)
    with mutation.applied():
        failures = [play(world) for world in worlds]
    assert all(failure is not None and failure.kind.startswith("invariant") for failure in failures), failures


# Entries move from what is still to be read into what was read: first runs that read the whole listing.
MOVES = [400000978, 400003964, 400004494, 400007297]


def test_whole_runs_find_entries_that_moved_into_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    # The model does not expect that of all such histories: moves in both directions leave no trace.
    monkeypatch.setattr(World, "may_hide_from_whole_run", False)
    worlds = [World.draw(seed) for seed in MOVES]
    assert [play(world) for world in worlds] == [None] * len(worlds)
    monkeypatch.setattr(Paginators, "moved", lambda *_: 0)
    assert all(play(world) is not None for world in worlds)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "name", [name for name in MUTATIONS if name not in RARE and (FULL_SIZE or name not in FOUND_LATE)]
)
def test_undone_mend_is_found_by_a_search(name: str) -> None:
    with MUTATIONS[name].applied():
        found = next((seed for seed in range(HISTORIES) if play(World.draw(seed)) is not None), None)
    assert found is not None
