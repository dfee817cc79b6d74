"""What is remembered between runs: which records were delivered, what is owed, how far each listing was walked.

`interface` says what is asked of a memory, `rows` are the plain values that it keeps, `sqlite` keeps them in one file.
No module here knows of pages or of Scrapy.
"""
