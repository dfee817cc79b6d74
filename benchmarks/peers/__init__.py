"""What people write without Scrapy to get the same articles, each a script of its own: `python loop.py START FEED`."""
