"""Hands tensors to the engine: files in the exchange folder, under a window of unreleased bytes."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

FILE_BYTES = 16 << 20
_POLL_SECONDS = 0.05


class Exchange:
    """The worker's half of the exchange folder.

    Tensors are gathered until they fill a file; `announce(file name, bytes, tensor names)` is called for each complete
    file. The engine removes files; `give_back` takes its credit. File names start with a token of this worker's own, so
    that workers can share a folder.
    """

    def __init__(self, folder: Path, window: int, announce: Callable[[str, int, list[str]], None]) -> None:
        self._folder = folder
        self._window = window
        self._announce = announce
        self._token = secrets.token_hex(4)
        self._written = 0
        self._unreleased = 0
        self._closed = False
        self._changed = threading.Condition()
        self._pending: dict[str, tuple[str, tuple[int, ...], Any]] = {}
        self._pending_bytes = 0

    def put(self, name: str, array: np.ndarray, dtype: str, check: Callable[[], None]) -> None:
        """Takes a tensor; `array` may change afterwards. `check` is called while waiting and may raise."""
        import numpy as np

        array = np.asarray(array, order="C")
        if self._pending and self._pending_bytes + array.nbytes > FILE_BYTES:
            self.flush(check)
        large = array.nbytes >= FILE_BYTES
        self._pending[name] = (dtype, array.shape, array.data if large else array.tobytes())
        self._pending_bytes += array.nbytes
        if large:
            self.flush(check)

    def flush(self, check: Callable[[], None]) -> None:
        """Writes what was gathered; waits for credit first where the window is full. OSError where the disk is."""
        if not self._pending:
            return
        from . import safetensors_io

        tensors, size = self._pending, self._pending_bytes
        self.drop()
        with self._changed:
            while self._unreleased and self._unreleased + size > self._window:
                check()
                self._changed.wait(_POLL_SECONDS)
        self._written += 1
        name = f"{self._token}-{self._written:06}.safetensors"
        try:
            size = safetensors_io.write(self._folder / name, tensors, self._open)
        except BaseException:
            (self._folder / name).unlink(missing_ok=True)
            raise
        with self._changed:
            self._unreleased += size
        self._announce(name, size, list(tensors))

    def drop(self) -> None:
        """Forgets what was gathered and not written."""
        self._pending, self._pending_bytes = {}, 0

    def give_back(self, size: int) -> None:
        """The engine has released `size` bytes."""
        with self._changed:
            self._unreleased = max(0, self._unreleased - size)
            self._changed.notify_all()

    def close(self) -> None:
        """Removes this worker's files; no file can be created afterwards. Called from another thread than `put`."""
        with self._changed:
            self._closed = True
            for path in self._folder.glob(f"{self._token}-*"):
                path.unlink(missing_ok=True)

    def _open(self, path: str, flags: int) -> int:
        with self._changed:
            if self._closed:
                raise InterruptedError("the exchange folder is closed")
            return os.open(path, flags, 0o600)
