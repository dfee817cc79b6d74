"""Stories that repeat an earlier one, and stories that only sound similar: the test cases for near duplicates.

Each is a pure function of the seed and its index, as all articles of the sample site are.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from vokcrawl.sample import texts, words
from vokcrawl.sample.content import SampleArticle, dprk_day, make_article
from vokcrawl.sample.writing import write_edit

# Between an article and its double, in seconds; odd, so that none comes in with a batch.
_LATER = 91_813
_FIRST_NUMBER = 1_000_003


@dataclass(frozen=True, slots=True)
class Double:
    """An additional article; `of` is the id of the article whose story it retells.

    `of` is None for a story of its own that only uses the words of others.
    """

    article: SampleArticle
    of: str | None
    kind: str


def _same(_: random.Random, article: SampleArticle) -> SampleArticle:
    return article


def _typeset(_: random.Random, article: SampleArticle) -> SampleArticle:
    """Different quotation marks, dashes and paragraph breaks."""
    flat = " ".join(article.paragraphs).replace("--", " – ").replace("'", "’").replace(' "', " “").replace('"', "”")
    middle = flat.find(". ", len(flat) // 2) + 1
    return replace(article, paragraphs=tuple(part.strip() for part in (flat[:middle], flat[middle:]) if part.strip()))


def _retitled(rng: random.Random, article: SampleArticle) -> SampleArticle:
    return replace(article, headline=(f"{rng.choice(words.PLACES)} sees {article.headline[0].lower()}",))


def _corrected(_: random.Random, article: SampleArticle) -> SampleArticle:
    """One name and the last number differ."""
    text = "\n".join(article.paragraphs)
    name = next((each for each in words.NAMES if each in text), None)
    if name is not None:
        text = text.replace(name, words.NAMES[words.NAMES.index(name) - 1])
    numbers = [word for word in text.split() if word.isdigit()]
    if numbers:
        before, number, after = text.rpartition(numbers[-1])
        text = f"{before}{int(number) + 1}{after}"
    return replace(article, paragraphs=tuple(text.split("\n")))


def _lengthened(rng: random.Random, article: SampleArticle) -> SampleArticle:
    first, *rest = article.paragraphs
    return replace(article, paragraphs=(first, write_edit(rng), *rest))


def _shortened(_: random.Random, article: SampleArticle) -> SampleArticle:
    """Cut to fit: without its last sentence."""
    *before, last = article.paragraphs
    kept = last.rpartition(". ")[0]
    return replace(article, paragraphs=(*before, f"{kept}.") if kept else tuple(before))


def _carried(rng: random.Random, article: SampleArticle) -> SampleArticle:
    """As another agency carries it: a dateline before the text, a signature after it."""
    first, *rest = article.paragraphs
    return replace(
        article, paragraphs=(f"{rng.choice(words.PLACES)}, June {rng.randrange(1, 29)} -- {first}", *rest, "-0-")
    )


RETOLD: dict[str, Callable[[random.Random, SampleArticle], SampleArticle]] = {
    "same": _same,
    "typeset": _typeset,
    "retitled": _retitled,
    "corrected": _corrected,
    "lengthened": _lengthened,
    "shortened": _shortened,
    "carried": _carried,
}
FORMULAS: dict[str, tuple[str, tuple[str, ...]]] = {
    "greeting": (
        "Greetings to {name}",
        (
            "The {place} {kind} sent a message of greetings to {name} on the {k}th anniversary of the founding of the "
            "{other} {kind}.",
            "The message wished {name} good health and greater success in responsible work.",
        ),
    ),
    "basket": (
        "Floral basket from {place}",
        (
            "A floral basket was laid at the {kind} of {other} on behalf of the {place} {kind} on the {k}th.",
            "On the ribbon of the basket were written letters of thanks to {name}.",
        ),
    ),
    "houses": (
        "New drying houses in {place}",
        (
            "{n} new drying houses were built in {place}, and a meeting was held on the spot on the {k}th.",
            "Present there were {name}, those who had lent a hand, and families of the village.",
            "The speakers said that the houses stand in the midst of trees, have a dry store each, and will spare "
            "everybody a long way in the rain. They expressed the resolve to take good care of what was built with "
            "so much effort, and to do the autumn's work in time.",
            "At the end of the meeting keys were handed over and the new houses were entered with songs. {name} "
            "visited the families and talked with them about their plans for the coming year.",
        ),
    ),
    "figures": (
        "Month's work done at {place} {kind}",
        (
            "The {place} {kind} finished its plan for the month {k} days early.",
            "According to data available, {n} {items} were made in all, {k} per cent more than in the month before, "
            "and the plan for each shift was carried out without a day's delay.",
            "The workers' teams raised the rate of working days, shared their experience, and put the stores in order. "
            "The officials paid attention to hot meals and to dry boots.",
            "The technicians under {name} saved fuel by mending what had been idle, and the transport team brought "
            "all material in time. The {kind} is now preparing for the coming month.",
        ),
    ),
}


def make_doubles(number: int, seed: int) -> list[Double]:
    """So many stories retold (each kind in turn), and as many that only sound similar (each formula in turn)."""
    return [_retold(index, seed) for index in range(number)] + [_similar(index, seed) for index in range(number)]


def _retold(index: int, seed: int) -> Double:
    rng = random.Random(f"{seed}:double:{index}")
    kind = list(RETOLD)[index % len(RETOLD)]
    first = make_article(index, seed)
    made = RETOLD[kind](rng, replace(first, truncated=False, quirks=frozenset(), images=(), subheading=None))
    shows_its_text = not (first.truncated or first.headline_only)
    return Double(_at(made, first.ts + _LATER, index), first.id if shows_its_text else None, kind)


def _similar(index: int, seed: int) -> Double:
    rng = random.Random(f"{seed}:alike:{index}")
    kind = list(FORMULAS)[index % len(FORMULAS)]
    headline, paragraphs = FORMULAS[kind]
    trade = rng.choice(words.TRADES)
    place, other = rng.sample(words.PLACES, 2)
    slots = {
        "name": rng.choice(words.NAMES), "place": place, "other": other, "kind": trade.kind, "items": trade.items,
        "k": str(rng.randrange(4, 20)), "n": str(rng.randrange(21, 400)),
    }  # fmt: skip
    first = make_article(index, seed)
    made = replace(
        first,
        headline=(headline.format_map(slots),),
        paragraphs=tuple(paragraph.format_map(slots) for paragraph in paragraphs),
        truncated=False,
        quirks=frozenset(),
        images=(),
        subheading=None,
    )
    return Double(_at(made, first.ts + 2 * _LATER, 500_000_000 + index), None, kind)


def _at(article: SampleArticle, ts: int, number: int) -> SampleArticle:
    """The article as a separate one, ingested at `ts`."""
    return replace(
        article,
        ts=ts,
        number=_FIRST_NUMBER + number,
        slug=texts.slug("".join(article.headline)),
        published_on=dprk_day(ts),
        original_url=None,
    )
