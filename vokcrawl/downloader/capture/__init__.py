"""Captures raw requests and responses below Scrapy's processing.

`wire_protocol` does so in Twisted's HTTP protocol, `warc_handler` in Scrapy's download handler, which writes each
exchange to the archive of the run.
"""
