"""What is remembered between runs: which records were delivered, what is owed, how far each listing was walked.

The rows are plain values; `sqlite` keeps them. No module here knows of pages or of Scrapy.
"""
