"""What follows for a run from a page that was read: which teasers and articles are wanted, what waits for what, what is
noted. No engine is needed for that: the crawl and the replay of archives share it."""
