"""Simulated crawls: the crawl core against thousands of small, hostile sites, in one process and without a clock.

A history is a world (drawn from a seed), a few runs while its faults happen, and further runs after they have stopped.
`python -m tests.simulation 100000` runs that many; the seed of one that fails replays it exactly.
"""
