"""Checks whether records, files and state agree (`verify`), and rebuilds what does not (`repair`)."""
