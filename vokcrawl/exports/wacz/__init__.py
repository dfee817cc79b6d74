"""Writes a WACZ file (https://specs.webrecorder.net/wacz/1.1.1/): WARC files, their index, and a list of pages.

`captures` finds the records of the WARC files, `cdxj` writes the index, `package` the ZIP file with its digests,
`signing` its signature, and `export` combines them. The `wacz` package is not used to write: it keeps all pages in
memory, extracts their text itself, and signs through a server only.
"""
