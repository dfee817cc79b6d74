"""Writes responses of the site to WARC files, byte for byte, and reads WARC files.

Writing: `http_exchange` is a request with its response, `redaction` removes secrets, `records` builds WARC records,
`gzip_members` compresses them, `writer` writes the files of a run, `validation` checks them. Reading: `reader` reads
the records of any archive, `compression` detects how it is compressed, `http_response` parses archived responses.
"""
