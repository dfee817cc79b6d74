"""`scrapy search`: full-text search of the current articles, offline.

`index` maintains a full-text index of the record files; `query` searches it.
"""
