"""The spider: responses become events of the crawl core, and its actions become requests."""
