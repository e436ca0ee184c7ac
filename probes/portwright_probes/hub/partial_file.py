"""A file that arrives in parts, hashed as it grows: what http_get writes to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

_READ_BYTES = 1 << 20


class PartialFile:
    """The beginning of a file on disk, opened to go on.

    What is there already is read once for its hash. `arrived` is called with the number of bytes of each piece (less
    than zero where a server began anew) and may raise to stop: what was written stays.
    """

    def __init__(self, path: Path, size: int, arrived: Callable[[int], None]) -> None:
        self._arrived = arrived
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("r+b" if path.exists() else "w+b")
        self._hash = hashlib.sha256()
        self.bytes = 0
        if path.stat().st_size > size:
            self._file.truncate(0)
        while piece := self._file.read(_READ_BYTES):
            self._hash.update(piece)
            self.bytes += len(piece)
            arrived(len(piece))
        self.resumed = self.bytes

    def write(self, piece: bytes) -> int:
        """Appends."""
        self._file.write(piece)
        self._hash.update(piece)
        self.bytes += len(piece)
        self._arrived(len(piece))
        return len(piece)

    def tell(self) -> int:
        """Bytes so far."""
        return self.bytes

    def seek(self, place: int) -> int:
        """Only to the beginning, to write all of it anew."""
        if place == 0:
            self._begin_anew()
        elif place != self.bytes:
            raise OSError(f"cannot go to byte {place} of a file that is appended to")
        return place

    def truncate(self) -> int:
        """Nothing is behind the place that is written to."""
        return self.bytes

    def _begin_anew(self) -> None:
        self._file.seek(0)
        self._file.truncate(0)
        self._hash = hashlib.sha256()
        self._arrived(-self.bytes)
        self.bytes = self.resumed = 0

    def sha256(self) -> str:
        """Of what is there."""
        return self._hash.hexdigest()

    def __enter__(self) -> PartialFile:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()
