"""Extracts records from archives again, with the page objects, loaders, policies and pipelines of a crawl.

`sources` lists the archive files in order; `tasks` reads their records in this process; `extraction` parses them in
worker processes (`pool`); `archive_crawl` and `work` handle the results in the order of capture, and write the runs
again.
"""
