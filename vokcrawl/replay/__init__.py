"""Reading archives again: by the pages, loaders, rules and pipelines of a crawl, on all cores, without any network.

`sources` is what is replayed, in which order; `tasks` reads the records in this process; `extraction` makes findings of
them in others (`pool`); `intake` and `work` take the findings in, in the order of capture, and write the runs anew.
"""
