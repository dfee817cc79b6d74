"""Benchmarks (`make bench`): the cost of a crawl, an idle run, a large state and more, on the bundled sample site."""
