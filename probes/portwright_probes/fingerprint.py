"""A fingerprint of numbers that does not depend on their order.

The sum modulo 2^64, over all elements, of SplitMix64's finaliser of the element's bits (zero-extended to 64). Both
sides of a port store the same numbers fused, split, stacked, permuted or transposed: the sum is the same for all of
these, and the sum over parts is that of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np

_MASK = (1 << 64) - 1
_CHUNK = 1 << 20  # elements at a time: temporaries stay in the processor's cache or near it


def multiset_hash(elements: np.ndarray) -> int:
    """The fingerprint of an array's elements, in their own dtype (bfloat16 as uint16 bits)."""
    if elements.dtype.itemsize > 8:
        elements = elements.view(np.uint64)  # complex numbers: two halves
    bits = np.asarray(elements, order="C").reshape(-1).view(f"u{elements.dtype.itemsize}")
    chunks = (bits[begin : begin + _CHUNK] for begin in range(0, bits.size, _CHUNK))
    return total(_chunk_hash(chunk) for chunk in chunks)


def total(hashes: Iterable[int]) -> int:
    """The fingerprint of the whole from those of its parts."""
    return sum(hashes) & _MASK


def _chunk_hash(bits: np.ndarray) -> int:
    size = bits.dtype.itemsize
    if size <= 2:
        return _counted(bits, 0)
    if size == 4 and not (bits & np.uint32(0xFFFF)).any():
        return _counted((bits >> np.uint32(16)).astype(np.uint16), 16)  # bfloat16 numbers held as float32
    return _sum(_finalised(bits.astype(np.uint64)))


def _counted(bits: np.ndarray, shift: int) -> int:
    """Counts each value once instead of hashing each element."""
    counts = np.bincount(bits, minlength=1 << 16).astype(np.uint64)
    return _sum(counts * _table(shift))


@cache
def _table(shift: int) -> np.ndarray:
    return _finalised(np.arange(1 << 16, dtype=np.uint64) << np.uint64(shift))


def _finalised(x: np.ndarray) -> np.ndarray:
    """SplitMix64's finaliser, in place."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x ^= x >> np.uint64(shift)
        x *= np.uint64(factor)
    x ^= x >> np.uint64(31)
    return x


def _sum(values: np.ndarray) -> int:
    return int(values.sum(dtype=np.uint64))
