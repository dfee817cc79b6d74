"""The invented articles: each is a pure function of the seed and its index."""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass

from vokcrawl.sample import texts, words
from vokcrawl.sample.quirks import LATE_DAYS, LATE_INDEX, MISMATCH_INDEX, quirks_of
from vokcrawl.sample.sources import KCNA_ENGLISH, OTHERS, UNNAMED, VOK_KOREAN, WANTED, SampleSource
from vokcrawl.sample.writing import Story, write_korean, write_story

# UTC+9 holds for all of the sample's dates (since May 2018), and needs no time zone database on the machine.
DPRK = datetime.timezone(datetime.timedelta(hours=9))
# 2019-02-03 15:00 UTC is midnight in Pyongyang: eight articles, four batches, make a DPRK day. At that pace
# even 20,000 articles end before 2026.
FIRST_BATCH = 1549206000
BATCH_SECONDS = 6 * 3600
BATCH_SIZE = 2
DAY_SIZE = 4 * BATCH_SIZE

# One other article for every third wanted one.
OTHER_EVERY = 3
SUBHEADING_AT = 2
OTHER_LATE_INDEX = 7
OTHER_LATE_DAYS = 21
OTHER_ZERO_WIDTH_INDEX = 2
SAME_TITLE_PERIOD = 20  # every 20th other article repeats a wanted one's headline, and so its slug


@dataclass(frozen=True, slots=True)
class SampleImage:
    """An image inside an article: root-relative path, and its caption, if any."""

    path: str
    caption: str | None


@dataclass(frozen=True, slots=True)
class SampleArticle:
    """An article with clean texts; views turn them into what the site shows.

    ``ts`` is the ingestion in seconds since 1970 UTC, ``published_on`` the shown DPRK day. Two headline lines
    are shown without anything between them. ``paragraphs`` are the full text, also of a truncated article and of one
    that is shown as a headline alone; ``subheading`` is the index of the one that is a sub-heading.
    """

    ts: int
    number: int
    slug: str
    headline: tuple[str, ...]
    paragraphs: tuple[str, ...]
    published_on: datetime.date
    source: SampleSource
    original_url: str | None = None
    images: tuple[SampleImage, ...] = ()
    truncated: bool = False
    quirks: frozenset[str] = frozenset()
    subheading: int | None = None

    @property
    def id(self) -> str:
        """``<ts>-<number>``."""
        return f"{self.ts}-{self.number}"

    @property
    def path(self) -> str:
        """Root-relative URL with the slug as the site has it."""
        return f"/newstream/{self.id}/{self.slug}/"

    @property
    def title(self) -> str:
        """The headline as shown: its lines joined without a separator."""
        return "".join(self.headline)

    @property
    def headline_only(self) -> bool:
        """Whether the page shows no text below the headline."""
        return "headline_only" in self.quirks

    @property
    def shown(self) -> tuple[str, ...]:
        """What a visitor gets: of a truncated article the first paragraph, and half of the second with dots."""
        if self.headline_only:
            return ()
        if not self.truncated:
            return self.paragraphs
        words = self.paragraphs[1].split(" ")
        half = " ".join(words[: max(4, len(words) // 2)])
        return (self.paragraphs[0], half.rstrip('.,;:-"') + "...")

    @property
    def body(self) -> str:
        """The shown paragraphs joined by a blank line."""
        return "\n\n".join(self.shown)

    @property
    def excerpt(self) -> str:
        """The opening of the full text, at most 130 columns; Korean is cut inside words, as on the site.

        For a headline-only article it is the headline.
        """
        if self.headline_only:
            return texts.one_line(self.title)
        return texts.excerpt(" ".join(self.paragraphs), whole_words=self.source.language != "ko")

    @property
    def story(self) -> str | None:
        """Kind, date and sequence of a Voice of Korea original (``n250625008``), which its translations share."""
        if self.original_url is None or self.source not in (WANTED, VOK_KOREAN):
            return None
        return self.original_url.split("/")[-2][2:]


def dprk_day(ts: int) -> datetime.date:
    """The calendar day in Pyongyang at *ts* seconds UTC."""
    return datetime.datetime.fromtimestamp(ts, DPRK).date()


def _rng(seed: int, kind: str, index: int) -> random.Random:
    # A string seed is hashed with SHA-512, so it gives the same numbers on every Python.
    return random.Random(f"{seed}:{kind}:{index}")


def _number(rng: random.Random) -> int:
    digits = rng.choice((4, 7, 8, 9, 9, 9, 9))
    return rng.randrange(10 ** (digits - 1), 10**digits)


def _ingested(index: int, seed: int) -> int:
    """Batches at 15, 21, 03 and 09 UTC plus 1 to 6 minutes; the items of a batch are seconds apart."""
    batch, place = divmod(index, BATCH_SIZE)
    delay = _rng(seed, "batch", batch).randrange(60, 340)
    return FIRST_BATCH + batch * BATCH_SECONDS + delay + 7 * place


def _vok_page(day: datetime.date, sequence: int, kind: str, language: str) -> str:
    """A page of the original site; *kind*: ``n`` (news) or ``e`` (programme); *language*: ``en``, ``ko``."""
    letter = {"en": "e", "ko": "k"}[language]
    number = f"i{letter}{kind}{day:%y%m%d}{sequence:03d}"
    return f"http://www.vok.rep.kp/index.php/revo_de/getDetail/{number}/{language}"


def _vok_url(index: int, published_on: datetime.date, *, prompt: bool, language: str) -> str:
    kind = "e" if index % 4 == 1 else "n"
    # News and programmes are counted separately. A late article has the same shown day as that day's articles, so its
    # sequence number must differ from theirs.
    place = index % DAY_SIZE // 4 if kind == "e" else index % DAY_SIZE
    sequence = place + 1 if prompt else 100 + index % 900
    return _vok_page(published_on - datetime.timedelta(days=1), sequence, kind, language)


def _images(story: Story, ts: int, quirks: frozenset[str]) -> tuple[SampleImage, ...]:
    folder = f"/uploads/sites/5/{dprk_day(ts):%Y/%m}"
    images = [SampleImage(f"{folder}/{ts}-1.jpg", story.caption)] if "captioned_image" in quirks else []
    if "bare_image" in quirks:
        images.append(SampleImage(f"{folder}/{ts}-2.jpg", None))
    return tuple(images)


def make_article(index: int, seed: int, *, late_days: int | None = None) -> SampleArticle:
    """The wanted article at *index* (0 is the oldest).

    *late_days* is how many days before the DPRK day of its ingestion it is shown; None: as the quirks say.
    """
    rng = _rng(seed, "wanted", index)
    quirks = quirks_of(index)
    ts = _ingested(index, seed)
    if late_days is None:
        late_days = {LATE_INDEX: LATE_DAYS, MISMATCH_INDEX: 1}.get(index, 0)
    published_on = dprk_day(ts) - datetime.timedelta(days=late_days)
    story = write_story(rng, two_lines="two_line_headline" in quirks)
    original = _vok_url(index, published_on, prompt=not late_days, language="en")
    paragraphs, subheading = story.paragraphs, None
    if "subheading" in quirks and len(paragraphs) > SUBHEADING_AT:
        line = _rng(seed, "subheading", index).choice(words.SUBHEADINGS)
        paragraphs = (*paragraphs[:SUBHEADING_AT], line, *paragraphs[SUBHEADING_AT:])
        subheading = SUBHEADING_AT
    return SampleArticle(
        ts=ts,
        number=_number(rng),
        slug=_slug(story.headline, quirks),
        headline=story.headline,
        paragraphs=paragraphs,
        published_on=published_on,
        source=WANTED,
        original_url=None if "no_original" in quirks else original,
        images=_images(story, ts, quirks),
        truncated="truncated" in quirks and "headline_only" not in quirks,
        quirks=quirks,
        subheading=subheading,
    )


def _slug(headline: tuple[str, ...], quirks: frozenset[str]) -> str:
    slug = texts.slug("".join(headline))
    if "apostrophe_slug" in quirks:
        slug = slug.replace("-", f"{texts.APOSTROPHE}s-", 1)
    return slug + (texts.ZERO_WIDTH if "zero_width_slug" in quirks else "")


def make_other(index: int, seed: int) -> SampleArticle:
    """The article of another source at *index*; it is ingested with the wanted article ``3 * index + 1``."""
    rng = _rng(seed, "other", index)
    source = OTHERS[index % len(OTHERS)]
    beside = OTHER_EVERY * index + 1
    twin = make_article(beside, seed)
    # The Korean edition of a story arrives one second before the English one; other sources when they please.
    ts = twin.ts - 1 if source is VOK_KOREAN else twin.ts + rng.randrange(400, 9000)
    late = datetime.timedelta(days=OTHER_LATE_DAYS if index == OTHER_LATE_INDEX else 0)
    story = write_korean(rng) if source.language == "ko" else write_story(rng, two_lines=False)
    headline = twin.headline if index % SAME_TITLE_PERIOD == 0 else story.headline
    original = f"http://www.invalid/{source.listing}/{ts}" if source is KCNA_ENGLISH else None
    if source is VOK_KOREAN and twin.original_url:
        original = twin.original_url.replace("/ie", "/ik").removesuffix("/en") + "/ko"
    slug = texts.slug("".join(headline)) + (texts.ZERO_WIDTH if index == OTHER_ZERO_WIDTH_INDEX else "")
    return SampleArticle(
        ts=ts,
        number=_number(rng),
        slug=slug,
        headline=headline,
        paragraphs=story.paragraphs,
        published_on=dprk_day(ts) - late,
        source=source,
        original_url=original,
        # If the name is empty, only the logo identifies the source.
        quirks=quirks_of(index) - {"headline_only", "apostrophe_slug", *(["no_thumb"] if source is UNNAMED else [])},
    )
