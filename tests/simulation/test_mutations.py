"""The simulation notices each mend of the crawl core that is undone.

A plain run plays the histories that are known to show it; a thorough run looks for one among 20,000.
"""

from __future__ import annotations

import pytest

from tests.simulation.mutations import MUTATIONS
from tests.simulation.play import play
from tests.simulation.world import World

# Within so many histories each mutation fails.
HISTORIES = 20_000
# These need more: only the known histories show them.
RARE = {"one page before since ends the listing", "search results that are known lead nowhere"}


@pytest.mark.parametrize("name", MUTATIONS)
def test_undone_mend_fails_known_histories(name: str) -> None:
    mutation = MUTATIONS[name]
    worlds = [World.draw(seed) for seed in mutation.seeds]
    assert worlds
    assert [play(world) for world in worlds] == [None] * len(worlds)
    with mutation.applied():
        failures = [play(world) for world in worlds]
    assert all(failure is not None and failure.kind.startswith("invariant") for failure in failures), failures


@pytest.mark.thorough
@pytest.mark.parametrize("name", [name for name in MUTATIONS if name not in RARE])
def test_undone_mend_is_found_by_a_search(name: str) -> None:
    with MUTATIONS[name].applied():
        found = next((seed for seed in range(HISTORIES) if play(World.draw(seed)) is not None), None)
    assert found is not None
