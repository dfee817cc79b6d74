"""Reading archives again: by the pages, loaders, rules and pipelines of a crawl, on all cores, without any network.

`sources` lists the archive files in order; `tasks` reads their records in this process; `extraction` parses them in
worker processes (`pool`); `intake` and `work` handle the results in the order of capture, and write the runs again.
"""
