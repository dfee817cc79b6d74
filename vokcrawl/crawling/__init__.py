"""The decisions of a crawl, without an engine; the crawl and the replay of archives share them.

Which teasers and articles are wanted, what waits for what, and what is noted.
"""
