"""What `make bench` runs: the cost of a crawl, of an idle run, and of a long memory, on the bundled sample site."""
