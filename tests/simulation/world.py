"""A world: everything that a history is made of, drawn from one seed, and nothing else.

Each behaviour draws from a random stream of its own, so that switching one off leaves the others as they were: that is
what makes shrinking by behaviours work.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.site import Article

# The day on which the first run of a history begins.
FIRST_DAY = date(2025, 6, 30)


class Kind(StrEnum):
    """How the site lists a source's articles."""

    AJAX = "ajax"  # a first page, and batches by offset behind a button
    LINK = "link"  # numbered pages, each with a link to the next
    STREAM = "stream"  # a stream of all sources, whose articles lead into the batches of their source
    SEARCH = "search"  # only the search by days works
    SITEMAP = "sitemap"  # only the sitemap works


class End(StrEnum):
    """What the site answers behind its last entry."""

    NOTHING = "nothing"  # an empty answer
    WORDS = "words"  # "Nothing found", or another sentence that says so
    ZERO = "zero"  # a bare 0
    WARNING = "warning"  # no entries, but a warning of PHP's
    ERROR = "error"  # 404
    SERVER_ERROR = "server error"  # 500, for ever
    CLAMPED = "clamped"  # the last page again
    ENDLESS = "endless"  # pages that were shown before, without an end
    NO_LINK = "no link"  # numbered pages: the last one has no link onward
    BARE_LINK = "bare link"  # numbered pages: the last one links to a page that does not exist


# What the crawler can be expected to take as proof of the end, with exit code 0.
PROVABLE = frozenset({End.NOTHING, End.WORDS, End.ZERO, End.WARNING, End.NO_LINK})

_LISTS = frozenset({Kind.AJAX, Kind.LINK, Kind.STREAM})
_ALL = frozenset(Kind)
_AJAX = frozenset({Kind.AJAX, Kind.STREAM})
_LINK = frozenset({Kind.LINK})
_SEARCH = frozenset({Kind.SEARCH})


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One thing that a site may do.

    `lasting` behaviours are how the site is built, and go on when the faults have stopped. `chance` is how often a
    fault happens, per request for a page of a listing or per article.
    """

    kinds: frozenset[Kind] = _ALL
    lasting: bool = False
    chance: float = 0.0


BEHAVIOURS: dict[str, Behaviour] = {
    # How listings are cut into pages and batches
    "pinned_on_top": Behaviour(_LISTS, lasting=True),
    "pinned_in_place_of_one": Behaviour(_AJAX, lasting=True),
    "short_batches": Behaviour(_AJAX, lasting=True),
    "long_batches": Behaviour(_AJAX, lasting=True),
    "filtered_batches": Behaviour(_LISTS, lasting=True, chance=0.2),
    "to_is_end": Behaviour(_AJAX, lasting=True),
    "multiples_only": Behaviour(_AJAX, lasting=True),
    "link_hidden": Behaviour(_LINK, lasting=True),
    "button_always": Behaviour(_AJAX, lasting=True),
    # Whose the entries are, and what they show
    "mixed_sources": Behaviour(_ALL, lasting=True, chance=0.4),
    "unknown_logos": Behaviour(_LISTS | _SEARCH, lasting=True, chance=0.5),
    "undated": Behaviour(_LISTS, lasting=True, chance=0.2),
    "back_dated": Behaviour(_ALL, lasting=True, chance=0.15),
    # Listings that move while they are read
    "inserted": Behaviour(_ALL, chance=0.2),
    "inserted_deep": Behaviour(_ALL, chance=0.1),
    "removed": Behaviour(_ALL, chance=0.2),
    "unlisted": Behaviour(_LISTS, chance=0.15),
    "moved_to_top": Behaviour(_LISTS, chance=0.15),
    "moved_down": Behaviour(_LISTS, chance=0.15),
    "moved_anywhere": Behaviour(_LISTS, chance=0.15),
    "repeated": Behaviour(_LISTS, chance=0.15),
    "stale_pages": Behaviour(_LISTS, chance=0.2),
    "stale_first_page": Behaviour(_LISTS, chance=0.4),
    "cached_pages": Behaviour(_LISTS, chance=0.3),
    # Pages that fail
    "listing_fails": Behaviour(_ALL, chance=0.1),
    "listing_goes_blank": Behaviour(_ALL, chance=0.1),
    "articles_fail": Behaviour(_ALL, chance=0.3),
    "articles_fail_for_ever": Behaviour(_ALL, lasting=True, chance=0.1),
    "articles_missing_for_a_while": Behaviour(_ALL, chance=0.1),
    "articles_gone": Behaviour(_ALL, lasting=True, chance=0.1),
    "articles_redirect": Behaviour(_ALL, lasting=True, chance=0.1),
    "articles_metered": Behaviour(_ALL, chance=0.1),
    "edited": Behaviour(_ALL, chance=0.2),
    "validators": Behaviour(_ALL, lasting=True),
    # The search
    "days_cut": Behaviour(_SEARCH, lasting=True),
    "days_ignored": Behaviour(_SEARCH, lasting=True),
    # The crawler's own side
    "killed": Behaviour(_ALL, chance=0.7),
    "interrupted": Behaviour(_ALL, chance=0.5),
    "time_budget": Behaviour(_ALL, lasting=True),
    "clock_jumps": Behaviour(_ALL, chance=0.6),
    "out_of_order": Behaviour(_ALL),
    "items_dropped": Behaviour(_ALL, chance=0.1),
}


@dataclass(frozen=True, slots=True)
class World:
    """What a history is made of. `behaviours` are names of `BEHAVIOURS`; `faulty_runs` come before the faults stop."""

    seed: int
    kind: Kind
    articles: int
    page_size: int
    per_day: int
    end: End
    behaviours: frozenset[str]
    faulty_runs: int
    since: bool = False
    max_pages: int | None = None
    recheck_days: tuple[int, ...] = ()

    @classmethod
    def draw(cls, seed: int) -> World:
        """The world of a seed."""
        rng = Random(seed)
        kind = rng.choices(tuple(Kind), (45, 30, 8, 12, 5))[0]
        fitting = [name for name, behaviour in BEHAVIOURS.items() if kind in behaviour.kinds]
        # Few at a time, mostly: what one of them does is not to be hidden by all the others.
        number = rng.choices((0, 1, 2, 3, 4, 6, 9), (1, 6, 8, 8, 6, 3, 2))[0]
        chosen = rng.sample(fitting, min(number, len(fitting)))
        page_size = rng.choice((2, 3, 3, 4, 5, 10))
        articles = rng.choice((0, 1, page_size, 2 * page_size, rng.randrange(40), rng.randrange(40), rng.randrange(40)))
        return cls(
            seed=seed,
            kind=kind,
            articles=articles,
            page_size=page_size,
            per_day=rng.choice((1, 2, 4, page_size, page_size + 3)),
            end=rng.choice(ENDS[kind]),
            behaviours=_consistent(chosen),
            faulty_runs=rng.choice((1, 1, 2, 3)),
            since=rng.random() < 0.1,
            recheck_days=rng.choice(((), (), (1, 7), (0,))),
        )

    def stream(self, name: str) -> Random:
        """The random numbers of one behaviour, or of something else that has a name."""
        return Random(f"{self.seed}:{name}")

    def wants(self, article: Article) -> bool:
        """Whether an article is to be delivered: of the wanted source, and shown for a day that is asked for."""
        since = self.since_day
        return article.wanted and (since is None or (article.day is not None and article.day >= since))

    @property
    def since_day(self) -> str | None:
        """The argument `since` of all runs."""
        return (FIRST_DAY - timedelta(days=3)).isoformat() if self.since else None

    @property
    def needs_reread(self) -> bool:
        """Whether an entry may be hidden from a run without a trace: then only the rolling re-read finds it."""
        if self.has_single_entries and self.behaviours & frozenset(_SHIFTS):
            return True
        if self.page_size == 2 and "moved_to_top" in self.behaviours:
            # Both entries of the first page, moved to the top in their order, hide whatever was moved before them.
            return True
        return any(self.behaviours >= each for each in _TRACELESS[self.kind])

    @property
    def may_hide_from_whole_run(self) -> bool:
        """Whether an entry may be hidden even from a run that reads the whole listing, first page to end.

        An entry that came in deep in what was read moves all that follows by one place; overlapping batches show that.
        """
        moves = self.behaviours & _MOVES
        if self.kind is not Kind.AJAX or moves != {"inserted_deep"} or self.has_single_entries:
            return self.needs_reread
        return replace(self, behaviours=self.behaviours - moves).needs_reread

    @property
    def has_single_entries(self) -> bool:
        """Whether batches hold a single entry, so that they cannot overlap."""
        return self.page_size - self.has_smaller_batches <= 1

    @property
    def has_smaller_batches(self) -> int:
        """By how many entries batches are smaller than pages."""
        return len(self.behaviours & {"short_batches", "pinned_in_place_of_one"})

    @property
    def has_holes(self) -> bool:
        """Multiples with fewer entries than they stand for: what is missing cannot be requested."""
        fewer = {"short_batches", "filtered_batches", "pinned_in_place_of_one"}
        return "multiples_only" in self.behaviours and bool(self.behaviours & fewer)

    @property
    def may_hide_below(self) -> bool:
        """Whether a new entry may stand where a run that stops before the end no longer looks."""
        if self.kind is Kind.SEARCH:
            # Results in the order of ingestion, which show it, can only be followed where the site links to them.
            return self.behaviours >= {"back_dated", "inserted", "days_cut"}
        return "moved_down" in self.behaviours

    @property
    def may_uncover(self) -> bool:
        """Whether a hidden entry may come into sight where an earlier run has read: others are moved away before it."""
        return "filtered_batches" in self.behaviours and bool(self.behaviours & _MOVES)

    @property
    def fails_for_ever(self) -> bool:
        """Whether some articles can never be had, so that runs go on to end with exit code 10."""
        return bool(self.behaviours & {"articles_fail_for_ever", "articles_redirect"})

    @property
    def can_be_complete(self) -> bool:
        """Whether the site lets itself be crawled to a provable end."""
        if self.behaviours & {"days_cut", "days_ignored", "link_hidden"}:
            return False
        # A pinned entry and the only one that is not hidden, at two offsets: they look rounded.
        looks_rounded = self.page_size == 2 and self.behaviours >= {"filtered_batches", "pinned_on_top"}
        return self.end in PROVABLE and not self.has_holes and not looks_rounded

    def without(self, behaviour: str) -> World:
        """The same world but for one behaviour."""
        return replace(self, behaviours=self.behaviours - {behaviour})

    def describe(self) -> str:
        """In words, for the report of a failure."""
        chosen = ", ".join(sorted(self.behaviours)) or "nothing odd"
        return (
            f"{self.kind}, {self.articles} articles, pages of {self.page_size}, {self.per_day} a day, end: {self.end}, "
            f"{self.faulty_runs} faulty runs, since={self.since}, recheck_days={self.recheck_days}; {chosen}"
        )


_BATCH_ENDS: tuple[End, ...] = (End.NOTHING, End.NOTHING, End.WORDS, End.ZERO, End.WARNING)
_BATCH_ENDS += (End.ERROR, End.SERVER_ERROR, End.CLAMPED, End.ENDLESS)
# Sets of behaviours that together can hide an entry from a run without a trace, whatever the run reads.
_SHIFTS = (
    "inserted_deep",
    "removed",
    "unlisted",
    "moved_down",
    "moved_anywhere",
    "stale_pages",
    "stale_first_page",
    "cached_pages",
)
# What moves entries, or hides where they are.
_MOVES = frozenset(_SHIFTS) | {"inserted", "moved_to_top", "repeated", "filtered_batches", "multiples_only"}
_NUMBERED: tuple[frozenset[str], ...] = tuple(frozenset({each}) for each in _SHIFTS)
_DEEP = ("moved_anywhere", "inserted_deep", "stale_first_page", "cached_pages", "articles_missing_for_a_while")
_BY_OFFSET: tuple[frozenset[str], ...] = (
    # What came in during the crawl moves among what was read before the top is read again.
    frozenset({"inserted", "moved_down"}),
    frozenset({"moved_to_top", "moved_down"}),
    # What has left the part that is read next is not yet there in an older answer for the part below.
    frozenset({"stale_pages", "moved_down"}),
    *(frozenset({each}) for each in _DEEP),
    *(frozenset({"multiples_only"}) | each for each in _NUMBERED),
)
_TRACELESS: dict[Kind, tuple[frozenset[str], ...]] = {
    Kind.AJAX: _BY_OFFSET,
    # Its first page is a batch too.
    Kind.STREAM: (*_BY_OFFSET, frozenset({"stale_pages"})),
    Kind.LINK: (*_NUMBERED, frozenset({"articles_missing_for_a_while"})),
    Kind.SEARCH: (frozenset({"removed"}), frozenset({"inserted_deep"}), frozenset({"articles_missing_for_a_while"})),
    Kind.SITEMAP: (frozenset({"articles_missing_for_a_while"}),),
}

ENDS: dict[Kind, tuple[End, ...]] = {
    Kind.AJAX: _BATCH_ENDS,
    Kind.STREAM: _BATCH_ENDS,
    Kind.LINK: (End.NO_LINK, End.NO_LINK, End.WORDS, End.BARE_LINK, End.CLAMPED, End.ENDLESS),
    Kind.SEARCH: (End.WORDS,),
    Kind.SITEMAP: (End.NO_LINK,),
}

# Of two behaviours that cannot both be, the first one stays.
_EXCLUDE = (
    ("short_batches", "long_batches"),
    ("pinned_on_top", "pinned_in_place_of_one"),
    ("multiples_only", "to_is_end"),
    ("days_ignored", "days_cut"),
    # A short page that names no next one is the last one.
    ("filtered_batches", "link_hidden"),
)


def _consistent(chosen: list[str]) -> frozenset[str]:
    found = set(chosen)
    for one, other in _EXCLUDE:
        if one in found:
            found.discard(other)
    return frozenset(found)
