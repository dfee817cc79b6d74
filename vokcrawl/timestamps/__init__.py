"""Timestamp tokens of a third party for manifests (RFC 3161): `runs/<run_id>.tsr` next to `runs/<run_id>.json`.

A token proves that its manifest existed at a time. Each manifest contains the digest of the one before, so a token
vouches for all manifests before it, too, and for the files that they list.
"""
