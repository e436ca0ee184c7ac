"""Whether a cached file is what the Hub lists, by its size and its hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .cached import blob_file, snapshot_folder
from .remote_files import RemoteFile

_READ_BYTES = 1 << 20


def check_held(repo: str, commit: str, file: RemoteFile, hashed: bool) -> bool:
    """Whether the snapshot or the blobs hold the file whole. One that is damaged is moved away."""
    pointer = snapshot_folder(repo, commit) / file.name
    content = pointer if pointer.exists() else blob_file(repo, file)
    if not content.is_file():
        return False
    if content.stat().st_size == file.size and (not hashed or _hash(content, file) == file.etag):
        return True
    if pointer.is_symlink():
        move_away(repo, file, pointer.resolve())
        pointer.unlink(missing_ok=True)
    else:
        move_away(repo, file, content)
    return False


def move_away(repo: str, file: RemoteFile, damaged: Path) -> None:
    """Out of the way of a repeat; one such file is kept for each content."""
    if damaged.exists():
        damaged.replace(blob_file(repo, file).with_name(f"{file.etag}.damaged"))


def _hash(path: Path, file: RemoteFile) -> str:
    """sha256 of files kept outside git; of the others the hash that git gives a blob."""
    hashing = hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    with path.open("rb") as stream:
        while piece := stream.read(_READ_BYTES):
            hashing.update(piece)
    return hashing.hexdigest()
