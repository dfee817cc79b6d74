"""Presents runs and archives to people: status, summary, report."""
