"""Several workers on one source, by way of a Redis server: the profile `distributed` (docs/scaling.md).

One worker leads: it walks the listings. The articles that it finds wanted go into a queue that all workers share
(scrapy-redis, whose requests are claimed here rather than taken). Nothing of this is loaded in a crawl by one worker.
"""
