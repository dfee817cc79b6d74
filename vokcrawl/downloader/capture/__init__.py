"""Taking down what goes over the wire, below all that Scrapy does with it: `wire` in Twisted's protocol, `handler` in
Scrapy's download handler, which gives each exchange to the run's archive."""
