"""`scrapy export`: writes the archive, or a part of it, as one file for other tools.

`selection` says which records are exported, and `rows` turns them into rows with typed columns. `table_writer` is the
interface of the file formats; `formats`, `excel` and `parquet` implement it. `target` publishes the file atomically;
`export` combines all of them.
"""
