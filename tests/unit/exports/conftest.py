"""Records of four runs, and an output directory that holds them."""

from __future__ import annotations

from tests.support.fixtures.exports import archive, records

__all__ = ["archive", "records"]
