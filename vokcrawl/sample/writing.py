"""Generates stories from the word lists."""

from __future__ import annotations

import random
from dataclasses import dataclass

from vokcrawl.sample import words


@dataclass(frozen=True, slots=True)
class Story:
    """A story: one or two headline lines, paragraphs, and a caption in case it has an image."""

    headline: tuple[str, ...]
    paragraphs: tuple[str, ...]
    caption: str


def _slots(rng: random.Random) -> dict[str, str]:
    """The values of the templates' names in one story."""
    place, other = rng.sample(words.PLACES, 2)
    name, name2 = rng.sample(words.NAMES, 2)
    trade = rng.choice(words.TRADES)
    present, perfect = rng.choice(trade.deeds)
    slots = {
        "place": place, "other": other, "name": name, "name2": name2, "kind": trade.kind,
        "item": trade.item, "items": trade.items, "present": present, "perfect": perfect,
        "k": str(rng.randrange(3, 20)), "n": str(rng.randrange(21, 400)), "m": str(rng.randrange(401, 3000)),
    }  # fmt: skip
    slots["manner"] = rng.choice(words.MANNERS).format(n=slots["k"])
    slots["manner_first"] = slots["manner"][0].upper() + slots["manner"][1:]
    return slots


def _paragraphs(rng: random.Random, opening: str, sentences: list[str]) -> tuple[str, ...]:
    """*opening* alone, then *sentences* one to three at a time."""
    paragraphs = [opening]
    at = 0
    while at < len(sentences):
        count = rng.randrange(1, 4)
        paragraphs.append(" ".join(sentences[at : at + count]))
        at += count
    return tuple(paragraphs)


def write_story(rng: random.Random, *, two_lines: bool) -> Story:
    """An English story; its opening nearly restates the headline, like real ones."""
    slots = _slots(rng)
    headline = "{place} {kind} {present} {manner}".format_map(slots)
    lines = (headline, rng.choice(words.SECOND_LINES).format_map(slots)) if two_lines else (headline,)
    sentences = rng.sample(words.SENTENCES, rng.randrange(4, 10))
    return Story(
        headline=lines,
        paragraphs=_paragraphs(
            rng,
            rng.choice(words.OPENINGS).format_map(slots),
            [sentence.format_map(slots) for sentence in sentences],
        ),
        caption=rng.choice(words.CAPTIONS).format_map(slots),
    )


def write_korean(rng: random.Random) -> Story:
    """A Korean story; its title is long enough to have its slug cut."""
    place, other = rng.sample(words.KOREAN_PLACES, 2)
    title = f"{place}{rng.choice(words.KOREAN_KINDS)}에서 {rng.choice(words.KOREAN_DEEDS)}"
    slots = {"other": other, "k": str(rng.randrange(3, 20)), "n": str(rng.randrange(21, 400))}
    sentences = rng.sample(words.KOREAN_SENTENCES, rng.randrange(3, 6))
    paragraphs = _paragraphs(rng, f"{title}.", [sentence.format_map(slots) for sentence in sentences])
    return Story((title,), paragraphs, title)


def write_edit(rng: random.Random) -> str:
    """A sentence for an edit."""
    return rng.choice(words.EDITS).format_map(_slots(rng))
