"""What a repository stores under a name: bytes, or a large file of which only the beginning is written out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Large:
    """A file of `size` bytes that begins with `head` and goes on with zeros.

    Its sha256 is the true one where it is small enough to be hashed in no time; else one that equal files share.
    """

    head: bytes
    size: int
    seed: str = ""  # two large files with equal heads and other seeds stand for other weights


Stored = bytes | Large

_HASHED_BYTES = 1 << 20
LFS_BYTES = 100_000  # the Hub keeps what is longer, and every .safetensors and .gguf, outside of git
_LFS_ENDINGS = (".safetensors", ".gguf", ".bin", ".npz")


def size_of(stored: Stored) -> int:
    """Bytes."""
    return stored.size if isinstance(stored, Large) else len(stored)


def slice_of(stored: Stored, begin: int, end: int) -> bytes:
    """The bytes from `begin` to before `end`."""
    if isinstance(stored, bytes):
        return stored[begin:end]
    return stored.head[begin:end] + bytes(end - max(begin, min(len(stored.head), end)))


def is_lfs(name: str, stored: Stored) -> bool:
    """Whether the Hub would keep it outside of git."""
    return name.endswith(_LFS_ENDINGS) or size_of(stored) > LFS_BYTES


@lru_cache(maxsize=4096)
def sha256_of(stored: Stored) -> str:
    """The file's sha256, or for a large one what stands for it."""
    if isinstance(stored, bytes):
        return hashlib.sha256(stored).hexdigest()
    if stored.size <= _HASHED_BYTES:
        return hashlib.sha256(slice_of(stored, 0, stored.size)).hexdigest()
    return hashlib.sha256(stored.head + f"\0{stored.size}\0{stored.seed}".encode()).hexdigest()


def pointer_of(stored: Stored) -> bytes:
    """What git stores in place of a file that lies outside of it."""
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256_of(stored)}\nsize {size_of(stored)}\n".encode()
    )


def git_oid(name: str, stored: Stored) -> str:
    """The name of the blob in git."""
    data = pointer_of(stored) if is_lfs(name, stored) else slice_of(stored, 0, size_of(stored))
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
