"""Part `profile`: the CPU time of a crawl by area, compared with the bare spider."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.children import bare, sampled, served, vokcrawl
from benchmarks.crawl import BARE, OURS, pages_of
from benchmarks.delivered import check_feed, check_vokcrawl
from benchmarks.results import Measured, Result
from benchmarks.sampler import AREAS, OTHER


def measure_profile(folder: Path, articles: int) -> Result:
    """Profile one crawl of each by sampling."""
    profiles = {OURS: folder / "vokcrawl.json", BARE: folder / "bare.json"}
    with served(articles) as url:
        # Not profiled: Python compiles modules, and the site renders its pages.
        vokcrawl(url, folder / "before")
        costs = {OURS: vokcrawl(url, folder / "vokcrawl", by=sampled(profiles[OURS]))}
        check_vokcrawl(folder / "vokcrawl", articles)
        costs[BARE] = bare(url, folder / "bare.jsonl", by=sampled(profiles[BARE]))
        check_feed(folder / "bare.jsonl", articles)
    pages = pages_of(articles)
    counts = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in profiles.items()}
    each_ms = {name: 1000 * costs[name].cpu / pages / sum(counts[name].values()) for name in profiles}
    things = [
        Measured(area, {f"{name}, ms/page": [each_ms[name] * counts[name].get(area, 0)] for name in profiles})
        for area in (*AREAS, OTHER)
    ]
    return Result("profile", f"CPU time of a crawl of {articles} articles, by area", things)
