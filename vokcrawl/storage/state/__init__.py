"""The crawl state: which records were delivered, the retry queue, and how far each listing was crawled.

`protocol` is its interface, `rows` the values that it stores. `sqlite` stores them in one file, `redis` on a server,
and `factory` opens the one that the settings select. No module here knows of pages or of Scrapy.
"""
