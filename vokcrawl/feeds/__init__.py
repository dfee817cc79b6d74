"""Feeds of an output directory, and notifications about watched words, written after each run: docs/feeds.md.

`store` keeps what was published in `feeds.sqlite3`; `updating` adds the records of new runs to it; `entries` makes feed
entries of records, `atom` and `json_feed` write them; `notices` are the notifications, which `sending` sends.
"""
