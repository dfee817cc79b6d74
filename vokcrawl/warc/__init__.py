"""What the site sent, kept as WARC files: each answer with its request, byte for byte, and read again from there.

`exchange` is what is kept, `redaction` what is not, `records` the form in which it is written, `members` the packing of
the files, `writer` the files of a run, `check` whether they are whole. `reader` reads archives of any make, `packing`
tells how they are packed, `answer` makes an answer of a record.
"""
