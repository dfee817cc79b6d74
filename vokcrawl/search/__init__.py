"""`scrapy search`: the articles as they stand, by their words, without a network.

`index` keeps a full-text index beside the records, and brings it up to date; `finding` asks it.
"""
