"""What is remembered between runs: which records were delivered, what is owed, how far each listing was walked.

`interface` says what is asked of a memory, `rows` are the plain values that it keeps, `sqlite` keeps them in one file,
`redis` on a server. `place` says where a folder's memory is.
No module here knows of pages or of Scrapy.
"""
