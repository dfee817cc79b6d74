"""The model of a site: what it lists and how, what it answers, and how it changes while it is read.

It speaks of ids, days and numbers, not of markup: `adapter` makes of its answers what page objects would have read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from random import Random

from tests.simulation.world import BEHAVIOURS, FIRST_DAY, End, Kind, World

ORIGIN = "https://site.test"
LISTING, STREAM = f"{ORIGIN}/article/163/", f"{ORIGIN}/newstream/"
WANTED, OTHER = "Voice of Korea (EN)", "Rodong Sinmun (Kr)"
# Midnight UTC of `FIRST_DAY`.
EPOCH = 1751241600
DAY_SECONDS = 86_400
# How often an article fails that fails for a while, and for how long one is missing that is not gone.
_FAILURES = (1, 2, 4)


# When so many articles are listed no more come in while it is read.
_MOST_LISTED = 150


class Got(StrEnum):
    """What kind of answer came."""

    PAGE = "page"
    NOT_MODIFIED = "not modified"
    MISSING = "missing"  # 404 or 410
    FAILED = "failed"


@dataclass(slots=True)
class Article:
    """An article of the site. `number` tells it from all others; `version` is raised by each edit."""

    number: int
    taken_in: int
    day: str | None
    wanted: bool
    logo_known: bool = True
    version: int = 1
    truncated: bool = False
    # Failing: how many more times it fails before it is had (-1 for ever), and while it is said to be missing.
    failures: int = 0
    missing_until: int = 0
    # Not there any more, or never was: 404 or 410.
    gone: int = 0
    redirects: bool = False
    hidden: bool = False
    id: str = field(init=False)
    url: str = field(init=False)

    def __post_init__(self) -> None:
        self.id = f"{self.taken_in}-{self.number}"
        self.url = f"{ORIGIN}/newstream/{self.id}/slug-{self.number}/"

    @property
    def etag(self) -> str:
        return f'"{self.number}-{self.version}-{self.truncated:d}"'


@dataclass(slots=True)
class ListingAnswer:
    """A page of a listing, a batch, or results of a search.

    `following` is what it says of how it goes on: the number of the next page, `True` for a button, None for nothing.
    """

    got: Got
    entries: tuple[Article, ...] = ()
    following: int | bool | None = None
    end: End | None = None
    reason: str = ""
    transient: bool = False
    status: int = 200
    etag: str | None = None


@dataclass(slots=True)
class ArticleAnswer:
    """What came of asking for an article."""

    got: Got
    article: Article
    reason: str = ""
    transient: bool = False
    status: int = 200


class Site:
    """One site, as it is now. Listing requests move it; `calm` ends what goes wrong."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.behaviours = world.behaviours
        self.calm = False
        self.now = EPOCH + 6 * 3600
        self.articles: dict[str, Article] = {}
        # Newest first, as the listing has them, and how it stood before each of its last changes.
        self.order: list[Article] = []
        self.history: list[list[Article]] = []
        # Of another source, by the number of the wanted article before it.
        self.others: dict[int, Article] = {}
        self.pinned: Article | None = None
        self.repeats: Article | None = None
        # Entries that were hidden from a page of the present run. They come into sight where others are moved away.
        self.hidden: set[str] = set()
        # How many different articles the listing has had in the present run: it may lose as many as come in.
        self.listed_in_run = 0
        self.requests = 0
        self._changes = [name for name in _CHANGES if name in self.behaviours]
        self._number = 0
        self._was_blank = False
        self._streams: dict[str, Random] = {}
        self._cache: dict[object, ListingAnswer] = {}
        self._build()

    # What is on it

    def _build(self) -> None:
        days = self.stream("days")
        for index in range(self.world.articles):
            age = index // self.world.per_day
            article = self._article(age, days)
            self.order.append(article)
        if "pinned_on_top" in self.behaviours or "pinned_in_place_of_one" in self.behaviours:
            self.pinned = self._article(400, days)

    def _article(self, age: int, rng: Random) -> Article:
        """A new article, `age` days old."""
        self._number += 1
        self.listed_in_run += 1
        today = self.now // DAY_SECONDS * DAY_SECONDS
        shown: str | None = _day((today - EPOCH) // DAY_SECONDS - age)
        if self.happens("back_dated"):
            shown = _day((today - EPOCH) // DAY_SECONDS - age - self.stream("back_dated").randrange(1, 60))
        if self.happens("undated"):
            shown = None
        article = Article(
            number=self._number,
            taken_in=today - age * DAY_SECONDS + 21_600 - self._number,
            day=shown,
            wanted=not self.happens("mixed_sources"),
            logo_known=not self.happens("unknown_logos"),
            truncated=self.happens("articles_metered"),
            redirects=self.happens("articles_redirect"),
            hidden=self.happens("filtered_batches"),
        )
        if self.happens("articles_gone"):
            article.gone = self.stream("articles_gone").choice((404, 410))
        if self.happens("articles_fail"):
            article.failures = self.stream("articles_fail").choice(_FAILURES)
        if self.happens("articles_fail_for_ever"):
            article.failures = -1
        if self.happens("articles_missing_for_a_while"):
            rng_missing = self.stream("articles_missing_for_a_while")
            article.missing_until = self.now + rng_missing.choice((3600, DAY_SECONDS, 3 * DAY_SECONDS))
        self.articles[article.id] = article
        return article

    def stream(self, name: str) -> Random:
        """The random numbers of one behaviour."""
        rng = self._streams.get(name)
        if rng is None:
            rng = self._streams[name] = self.world.stream(name)
        return rng

    def happens(self, name: str) -> bool:
        """Whether something that may happen does so now."""
        if name not in self.behaviours:
            return False
        behaviour = BEHAVIOURS[name]
        if self.calm and not behaviour.lasting:
            return False
        return self.stream(name).random() < behaviour.chance

    @property
    def listed(self) -> list[Article]:
        """What the site lists now for visitors, with what it pins on top."""
        listed = self._shown(self.order, 0, len(self.order))
        # The stream of all sources does not pin it.
        if self.pinned is None or self.world.kind is Kind.STREAM:
            return listed
        return [*listed, self.pinned]

    # How it changes

    def calm_down(self) -> None:
        """From now on nothing goes wrong that is not how the site is built."""
        self.calm = True
        self._cache.clear()
        self.repeats = None
        for article in self.articles.values():
            article.failures = min(article.failures, 0)
            article.truncated = False
            article.missing_until = 0

    def wait(self, seconds: int) -> None:
        """Time goes by. New articles come in by the day, and some of the old ones are edited."""
        self.now += seconds

    def publish(self, number: int) -> None:
        """So many new articles come in on top."""
        self._save_order()
        rng = self.stream("published")
        for _ in range(number):
            self.order.insert(0, self._article(0, rng))

    def move(self) -> None:
        """What changes before a request for a page of a listing is answered."""
        if self.calm:
            return
        for name in self._changes:
            if self.happens(name):
                self._save_order()
                _CHANGES[name](self, self.stream(name))

    def _save_order(self) -> None:
        self.history.append(self.order.copy())
        del self.history[:-4]

    def _insert(self, rng: Random) -> None:
        if len(self.order) > _MOST_LISTED:
            # A site that publishes faster than it can be read has no end.
            return
        for _ in range(rng.choice((1, 1, 2, self.world.page_size + 1))):
            self.order.insert(0, self._article(0, rng))

    def _insert_deep(self, rng: Random) -> None:
        place = rng.randrange(len(self.order) + 1)
        self.order.insert(place, self._article(place // self.world.per_day, rng))

    def _remove(self, rng: Random) -> None:
        for _ in range(rng.choice((1, 1, 3))):
            if self.order:
                article = self.order.pop(self._near_top(rng))
                article.gone = rng.choice((404, 410))

    def _unlist(self, rng: Random) -> None:
        if self.order:
            del self.order[self._near_top(rng)]

    def _move_to_top(self, rng: Random) -> None:
        if self.order:
            self.order.insert(0, self.order.pop(rng.randrange(len(self.order))))

    def _move_down(self, rng: Random) -> None:
        if self.order:
            place = rng.randrange(len(self.order))
            article = self.order.pop(place)
            self.order.insert(rng.randrange(place, len(self.order) + 1), article)

    def _move_anywhere(self, rng: Random) -> None:
        if self.order:
            article = self.order.pop(rng.randrange(len(self.order)))
            self.order.insert(rng.randrange(len(self.order) + 1), article)

    def _repeat(self, rng: Random) -> None:
        self.repeats = rng.choice(self.order) if self.order else None

    def _edit(self, rng: Random) -> None:
        if self.order:
            rng.choice(self.order).version += 1

    def _near_top(self, rng: Random) -> int:
        """A place in the listing, more often a high one."""
        return int(len(self.order) * rng.random() * rng.random())

    # What it answers

    def seen(self) -> Sequence[Article]:
        """The listing as the next page is cut from: as it is, or as it was."""
        if self.history and self.happens("stale_pages"):
            return self.stream("stale_pages").choice(self.history)
        return self.order

    def batch(self, start: int, count: int) -> ListingAnswer:
        """What the call for a batch gives: `count` entries from the place `start` on."""
        faulty = self._listing_fault()
        if faulty is not None:
            return faulty
        if "multiples_only" in self.behaviours:
            start -= start % self.world.page_size
            count = self.world.page_size
        if "short_batches" in self.behaviours:
            count = max(1, min(count, self.world.page_size - 1))
        if "long_batches" in self.behaviours:
            count += 2
        if self.pinned is not None and "pinned_in_place_of_one" in self.behaviours:
            count = max(1, count - 1)
        return self._kept(("batch", start, count), lambda: self._batch(start, count))

    def _batch(self, start: int, count: int) -> ListingAnswer:
        order = self.seen()
        entries = self._cut(order, start, start + count)
        if not entries:
            return self._behind_end(order, count)
        return self._page(entries)

    def stream_batch(self, start: int, count: int) -> ListingAnswer:
        """A batch of the stream of all sources: an article of another source behind each that is wanted."""
        faulty = self._listing_fault()
        if faulty is not None:
            return faulty
        shown = self._shown(self.order, 0, len(self.order))
        order = [each for wanted in shown for each in (wanted, self._other_behind(wanted))]
        entries = order[start : start + count]
        if not entries:
            answer = self._behind_end(order, count)
            # It does not pin anything, at its end either.
            return replace(answer, entries=tuple(each for each in answer.entries if each is not self.pinned))
        return ListingAnswer(Got.PAGE, tuple(entries), following=True)

    def _other_behind(self, wanted: Article) -> Article:
        """The article of another source that stands behind one of the wanted source."""
        found = self.others.get(wanted.number)
        if found is None:
            found = Article(5_000_000 + wanted.number, EPOCH - wanted.number, _day(0), wanted=False)
            self.others[wanted.number] = self.articles[found.id] = found
        return found

    def page(self, number: int) -> ListingAnswer:
        """A numbered page; the first is 1."""
        faulty = self._listing_fault()
        if faulty is not None:
            return faulty
        return self._kept(("page", number), lambda: self._numbered(number))

    def _numbered(self, number: int) -> ListingAnswer:
        size = self.world.page_size
        if number == 1 and self.history and self.happens("stale_first_page"):
            order: Sequence[Article] = self.history[-1]
        else:
            order = self.seen() if number > 1 else self.order
        first = (number - 1) * size
        entries = self._cut(order, first, first + size) or [*order[first : first + 1]]
        if not entries and number > 1:
            answer = self._behind_end(order, size)
        elif not entries:
            answer = ListingAnswer(Got.PAGE, (self.pinned,) if self.pinned is not None else (), end=End.WORDS)
        else:
            answer = self._page(entries)
        if self.world.kind is Kind.LINK:
            answer.following = self._next_of(number, len(order), size)
        elif "button_always" in self.behaviours or len(order) > number * size:
            answer.following = True
        if "validators" in self.behaviours and number == 1 and answer.got is Got.PAGE:
            answer.etag = f'"{",".join(each.id for each in answer.entries)}"'
        return answer

    def _next_of(self, number: int, length: int, size: int) -> int | None:
        last = max(1, -(-length // size))
        if "link_hidden" in self.behaviours and number < last and number % 3 == 0:
            return None
        if number < last or (length and self.world.end in (End.CLAMPED, End.ENDLESS)):
            return number + 1
        return number + 1 if number == last and self.world.end in (End.BARE_LINK, End.WORDS) else None

    def _page(self, entries: Sequence[Article]) -> ListingAnswer:
        shown = [*entries]
        if self.repeats is not None and self.repeats in shown:
            shown.insert(shown.index(self.repeats), self.repeats)
        if self.pinned is not None:
            shown.insert(0, self.pinned)
        return ListingAnswer(Got.PAGE, tuple(shown))

    def _cut(self, order: Sequence[Article], first: int, last: int) -> list[Article]:
        """The entries of a page or batch that is sent."""
        entries = self._shown(order, first, last)
        if "filtered_batches" in self.behaviours:
            self.hidden.update({each.id for each in order[first:last]} - {each.id for each in entries})
        return entries

    def _shown(self, order: Sequence[Article], first: int, last: int) -> list[Article]:
        """The entries of a page or batch: those that visitors may not see are taken out after it was cut.

        There are never so many in a row that a page in the middle of the listing would be empty, and so its end.
        """
        if "filtered_batches" not in self.behaviours:
            return [*order[first:last]]
        most = self.world.page_size - 1 - self.world.has_smaller_batches
        shown, hidden = [], 0
        for place, article in enumerate(order[:last]):
            hidden = hidden + 1 if article.hidden and hidden < most else 0
            if not hidden and place >= first:
                shown.append(article)
        # A smaller batch than any that the site sends by itself.
        is_within = not shown and last - first <= most and last < len(order)
        return [*order[first : first + 1]] if is_within else shown

    def _behind_end(self, order: Sequence[Article], count: int) -> ListingAnswer:
        end = self.world.end
        if end in (End.ERROR, End.BARE_LINK):
            return ListingAnswer(Got.MISSING, reason="http_404", status=404)
        if end is End.SERVER_ERROR:
            return ListingAnswer(Got.FAILED, reason="http_500", transient=True, status=500)
        if end is End.CLAMPED and order:
            first = (len(order) - 1) // count * count
            return self._page(order[first:])
        if end is End.ENDLESS and order:
            return self._page(self.stream("endless").sample(list(order), min(count, len(order))))
        entries = (self.pinned,) if self.pinned is not None else ()
        return ListingAnswer(Got.PAGE, entries, end=end)

    def _listing_fault(self) -> ListingAnswer | None:
        self.requests += 1
        self.move()
        if self.happens("listing_fails"):
            return ListingAnswer(Got.FAILED, reason="http_503", transient=True, status=503)
        # Not twice in a row: an answer that is always blank is an end.
        self._was_blank = not self._was_blank and self.happens("listing_goes_blank")
        return ListingAnswer(Got.PAGE, end=End.NOTHING) if self._was_blank else None

    def _kept(self, key: object, make: Callable[[], ListingAnswer]) -> ListingAnswer:
        """The answer, or the one that a cache has kept of it until the faults stop."""
        if "cached_pages" not in self.behaviours or self.calm:
            return make()
        if key not in self._cache:
            answer = make()
            if not self.happens("cached_pages"):
                return answer
            self._cache[key] = answer
        return self._cache[key]

    # The search and the sitemap

    def search(self, start: str | None, end: str | None, page: int = 1) -> ListingAnswer:
        """A page of what the search finds between two days, newest first; without days, of everything."""
        faulty = self._listing_fault()
        if faulty is not None:
            return faulty
        found = [each for each in self.order if self._found(each, start, end)]
        size = self.world.page_size
        entries = found[(page - 1) * size : page * size]
        if not entries:
            return ListingAnswer(Got.PAGE, end=End.WORDS)
        answer = self._page(entries)
        if len(found) > page * size:
            # Where days are cut, a button stands there that only a browser could press, or nothing at all.
            cut = "days_cut" in self.behaviours
            answer.following = (True if self.world.seed % 2 else None) if cut else page + 1
        return answer

    def _found(self, article: Article, start: str | None, end: str | None) -> bool:
        if start is None or "days_ignored" in self.behaviours:
            return True
        day = article.day or _day((article.taken_in - EPOCH) // DAY_SECONDS)
        return start <= day and (end is None or day <= end)

    def sitemap(self, number: int | None) -> list[Article] | int | ListingAnswer:
        """How many files the sitemap has (`number` is None), the articles that one of them names, or a failure."""
        faulty = self._listing_fault()
        if faulty is not None:
            return ListingAnswer(Got.FAILED, reason="not_a_sitemap") if faulty.end is not None else faulty
        named = list(self.articles.values())
        size = self.world.page_size * 3
        if number is None:
            return max(1, -(-len(named) // size))
        return named[number * size : (number + 1) * size]

    # Its articles

    def article(self, identity: str, etag: str | None = None) -> ArticleAnswer:
        """What is answered to an article's address, `etag` being what the crawler says it has."""
        article = self.articles[identity]
        if article.gone or article.missing_until > self.now:
            return ArticleAnswer(Got.MISSING, article, status=article.gone or 404)
        if article.failures:
            article.failures -= article.failures > 0
            return ArticleAnswer(Got.FAILED, article, reason="http_502", transient=True, status=502)
        if "validators" in self.behaviours and etag == article.etag:
            return ArticleAnswer(Got.NOT_MODIFIED, article, status=304)
        return ArticleAnswer(Got.PAGE, article)


def _day(number: int) -> str:
    """The day so many days after the history's first, ``YYYY-MM-DD``."""
    return (FIRST_DAY + timedelta(days=number)).isoformat()


_CHANGES: dict[str, Callable[[Site, Random], None]] = {
    "inserted": Site._insert,
    "inserted_deep": Site._insert_deep,
    "removed": Site._remove,
    "unlisted": Site._unlist,
    "moved_to_top": Site._move_to_top,
    "moved_down": Site._move_down,
    "moved_anywhere": Site._move_anywhere,
    "repeated": Site._repeat,
    "edited": Site._edit,
}
