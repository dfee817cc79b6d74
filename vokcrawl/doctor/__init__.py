"""`scrapy doctor`: examines what the crawler understands of the site.

`visit` makes a short visit: the crawl itself, limited to a few requests, in a temporary output directory. `captured`
takes the pages from the archive of the visit, or from any other archive. `articles` and `listings` examine them, and
`examination` draws the conclusions; `printing` shows them.
"""
