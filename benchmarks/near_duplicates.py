"""``python -m benchmarks.near_duplicates``: precision and recall of similarity thresholds, on sample articles."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from vokcrawl.exports.near_duplicates.index import THRESHOLD, NearDuplicates
from vokcrawl.sample.content import make_article
from vokcrawl.sample.doubles import Double, make_doubles

THRESHOLDS = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


@dataclass
class Found:
    """The result of a threshold: duplicates found, missed and falsely merged, by kind."""

    threshold: float
    doubles: int
    right: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)

    def row(self) -> str:
        """Format the result as a row of a Markdown table."""
        merged = self.right + self.false.total()
        mark = " (chosen)" if self.threshold == THRESHOLD else ""
        precision = f"{self.right / merged:.3f}" if merged else "none"
        return (
            f"| {self.threshold}{mark} | {precision} | {self.right / self.doubles:.3f} | {_by_kind(self.missed)} "
            f"| {self.false.total()} | {_by_kind(self.false)} |"
        )


def measure(threshold: float, articles: int, seed: int = 1) -> Found:
    """Index `articles` articles, a near duplicate of each, and as many that are only similar."""
    stories = [Double(make_article(index, seed), None, "ordinary") for index in range(articles)]
    stories += make_doubles(articles, seed)
    stories.sort(key=lambda each: each.article.id)
    texts = {each.article.id: (each.article.title, each.article.body) for each in stories}
    found = Found(threshold, sum(each.of is not None for each in stories))
    index = NearDuplicates(texts.__getitem__, threshold)
    for each in stories:
        near = index.add(each.article.id, *texts[each.article.id])
        if near is not None and near.of == each.of:
            found.right += 1
        elif near is not None:
            found.false[each.kind] += 1
        elif each.of is not None:
            found.missed[each.kind] += 1
    index.close()
    return found


def _by_kind(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.most_common()) or "none"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each threshold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.near_duplicates", description=__doc__)
    parser.add_argument("--articles", type=int, default=1200, help="ordinary articles (default 1200)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    print("| threshold | precision | recall | missed | false merges | of which kind |\n|---|---|---|---|---|---|")
    for threshold in THRESHOLDS:
        print(measure(threshold, options.articles, options.seed).row(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
