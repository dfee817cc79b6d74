"""Several workers for one source that share a Redis server: the profile `distributed` (docs/scaling.md).

One worker leads and crawls the listings. Requests for articles go to a queue that all workers share (scrapy-redis, with
claims). Nothing of this package is imported in a crawl by a single worker.
"""
