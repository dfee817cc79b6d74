"""Part `profile`: where the processor time of a crawl goes, beside the bare spider's."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.children import bare, sampled, served, vokcrawl
from benchmarks.crawl import BARE, OURS, pages_of
from benchmarks.delivered import check_feed, check_vokcrawl
from benchmarks.results import Measured, Result
from benchmarks.sampler import AREAS, OTHER


def measure_profile(folder: Path, articles: int) -> Result:
    """One crawl of each, looked at from outside while it runs."""
    files = {OURS: folder / "vokcrawl.json", BARE: folder / "bare.json"}
    with served(articles) as url:
        # Not looked at: Python compiles its modules, the site renders its pages.
        vokcrawl(url, folder / "before")
        costs = {OURS: vokcrawl(url, folder / "vokcrawl", by=sampled(files[OURS]))}
        check_vokcrawl(folder / "vokcrawl", articles)
        costs[BARE] = bare(url, folder / "bare.jsonl", by=sampled(files[BARE]))
        check_feed(folder / "bare.jsonl", articles)
    pages = pages_of(articles)
    counts = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items()}
    each_ms = {name: 1000 * costs[name].cpu / pages / sum(counts[name].values()) for name in files}
    things = [
        Measured(area, {f"{name}, ms/page": [each_ms[name] * counts[name].get(area, 0)] for name in files})
        for area in (*AREAS, OTHER)
    ]
    return Result("profile", f"where a crawl of {articles} articles spends its processor time", things)
