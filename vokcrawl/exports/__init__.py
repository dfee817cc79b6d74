"""`scrapy export`: the archive, or a part of it, as one file for other tools.

`selection` says which records, `rows` makes them into rows, `columns` says of what types their columns are; a module
for each form of file writes them; `target` sees to it that the file is there whole or not at all.
"""
