"""Crawlers of the same site without Scrapy, as scripts: `python loop.py START FEED`."""
