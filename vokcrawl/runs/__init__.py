"""One run: lock, files and state, and the order in which they are committed; recovery of dead runs."""
