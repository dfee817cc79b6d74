"""`scrapy export`: writes the archive, or a part of it, as one file for other tools.

`selection` says which records are exported, `rows` turns them into rows with typed columns, `formats` and `parquet`
write rows in each file format, and `target` publishes the file atomically. `export` combines them.
"""
