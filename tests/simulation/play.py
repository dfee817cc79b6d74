"""Plays histories, and makes a failing world as small as it gets."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tests.simulation.history import History
from tests.simulation.invariants import Violation
from tests.simulation.world import World

# Histories that shrinking may play.
_MOST_TRIES = 400
# Lines of a trace that a report shows.
_MOST_LINES = 300


@dataclass(frozen=True, slots=True)
class Failure:
    """A world whose history breaks an invariant (or the core: `kind` is then the exception's name)."""

    world: World
    kind: str
    message: str

    def report(self) -> str:
        """The world, what is broken, and each step that led there."""
        trace: list[str] = []
        again = play(self.world, trace)
        if len(trace) > _MOST_LINES:
            half = _MOST_LINES // 2
            trace[half:-half] = [f"  ... {len(trace) - _MOST_LINES} more steps ..."]
        lines = [f"seed {self.world.seed}: {self.message}", f"world: {self.world.describe()}", *trace]
        if again is None or again.message != self.message:
            lines.append(f"It did not replay: {again.message if again is not None else 'nothing failed'}")
        return "\n".join(lines)


@contextmanager
def _quiet() -> Iterator[None]:
    """No log lines: formatting them would cost as much as the core. The level is put back for other tests."""
    logger = logging.getLogger("vokcrawl")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def play(world: World, trace: list[str] | None = None) -> Failure | None:
    """Plays the history of a world; gives what failed, if anything did."""
    try:
        with _quiet():
            History(world, trace).play()
    except Violation as violation:
        return Failure(world, f"invariant {violation.invariant}", str(violation))
    except Exception as error:  # the core must raise nothing, whatever the site does
        if trace is not None:
            trace.append(traceback.format_exc())
        return Failure(world, type(error).__name__, f"{type(error).__name__}: {error}")
    return None


def shrink(failure: Failure) -> Failure:
    """The smallest world found that fails in the same way: fewer behaviours first, then smaller numbers."""
    tries = 0
    smaller = True
    while smaller:
        smaller = False
        for world in _smaller(failure.world):
            tries += 1
            if tries > _MOST_TRIES:
                return failure
            found = play(world)
            if found is not None and found.kind == failure.kind:
                failure, smaller = found, True
                break
    return failure


def _smaller(world: World) -> Iterator[World]:
    for behaviour in sorted(world.behaviours):
        yield world.without(behaviour)
    simpler: list[Callable[[], World]] = [
        lambda: replace(world, since=False),
        lambda: replace(world, recheck_days=()),
        lambda: replace(world, faulty_runs=1),
        lambda: replace(world, per_day=1),
        lambda: replace(world, articles=world.articles // 2),
        lambda: replace(world, articles=max(0, world.articles - 1)),
        lambda: replace(world, page_size=2),
    ]
    for make in simpler:
        if (changed := make()) != world:
            yield changed
