"""Checks that records, files and state are consistent (`verify`), and rebuilds the state (`repair`)."""
