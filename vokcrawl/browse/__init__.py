"""`scrapy browse`: opens the archive in a web browser, with Datasette on a SQLite export. Needs the extra `datasette`.

`database` builds the SQLite file and keeps it current, `queries` reads it, `pages` makes the answers from the
templates, `captured` prepares an archived page, and `server` serves all of it on the loopback interface. `frozen_site`
writes the same as a static site, with the index of `frozen_search`. `others` are archives with the same stories.
"""
