"""Downloader slots, middlewares, capture of raw traffic for the archive, and browser rendering."""
