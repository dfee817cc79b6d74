"""MinHash signatures: texts whose shingles overlap agree in about the same share of their signatures' numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Two texts of similarity s share a band with probability 1 - (1 - s ** ROWS) ** BANDS: 0.947 at a similarity of 0.8,
# 0.994 at 0.85, 0.06 at 0.5.
BANDS, ROWS = 16, 8
PERMUTATIONS = BANDS * ROWS
# Shingles to process at a time: their products with all permutations fit into a processor's cache.
_CHUNK = 512

Signature = npt.NDArray[np.uint32]

# The permutations h -> a * h + b mod 2 ** 32 with odd a. NumPy guarantees that this generator never changes.
_random = np.random.RandomState(1)
_A = _random.randint(0, 1 << 31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
_B = _random.randint(0, 1 << 32, PERMUTATIONS, dtype=np.uint32)
_KEY_FACTORS = _random.randint(0, 1 << 63, (BANDS, ROWS), dtype=np.uint64) * np.uint64(2) + np.uint64(1)


def signature(shingles: npt.NDArray[np.uint32]) -> Signature:
    """Return the minimum of each permutation over the hashed shingles of a text; there must be at least one."""
    hashes = _mix(shingles)[:, np.newaxis]
    minima = [
        (hashes[start : start + _CHUNK] * _A + _B).min(axis=0) for start in range(0, len(hashes), _CHUNK)
    ]  # wraps around on purpose
    least: Signature = np.minimum.reduce(minima)
    return least


def estimated_similarity(one: Signature, other: Signature) -> float:
    """Return the share of numbers in which two signatures agree: an estimate of the similarity of their texts."""
    return np.count_nonzero(one == other) / PERMUTATIONS


def band_keys(of: Signature) -> list[int]:
    """Return a key for each band: a hash of its numbers, another for each band, as a signed 64-bit integer."""
    keys = (of.reshape(BANDS, ROWS) * _KEY_FACTORS).sum(axis=1, dtype=np.uint64)
    numbers: list[int] = keys.view(np.int64).tolist()
    return numbers


def _mix(hashes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """The finalizer of MurmurHash3: the hashes of shingles that follow each other are not independent."""
    hashes = (hashes ^ (hashes >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    hashes = (hashes ^ (hashes >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return hashes ^ (hashes >> np.uint32(16))
