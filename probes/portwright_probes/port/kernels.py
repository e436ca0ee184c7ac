"""The kernels that MLX compiles for a CPU, kept from one process to the next.

`mx.compile` runs g++ for each kernel, a second each, unless TMPDIR/mlx/VERSION/cpu holds a library of the kernel's
name, which tells all that it computes (mlx/backend/cpu/compiled.cpp). MLX writes there without a lock, so that each
worker has a TMPDIR of its own, and would compile everything anew. Here the libraries are brought there from a folder
that all share, and what was compiled is put into it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tempfile
from contextlib import ContextDecorator, suppress
from pathlib import Path
from typing import Any

import mlx.core as mx

# A library takes about 30 kB; a new model type needs five.
_MOST = 1000


class Shared(ContextDecorator):
    """What runs within finds the kernels of `folder`, and leaves there what MLX compiled for it; None: neither.

    A folder that cannot be written to is read alone: the sandbox of a strange port shows it so. What cannot be kept is
    compiled again.
    """

    def __init__(self, folder: str | None) -> None:
        library: Any = mx  # its stubs leave the version out
        version, compiler = library.__version__, shutil.which("g++")
        self._own = Path(tempfile.gettempdir()) / "mlx" / version / "cpu"
        self._folder = Path(folder) if folder and compiler else None
        if self._folder and compiler:
            self._kept = self._folder / f"{version}-{_identity(compiler)}"

    def __enter__(self) -> None:
        if self._folder:
            with suppress(OSError):
                _copy(self._kept, self._own, _libraries(self._kept) - _libraries(self._own))

    def __exit__(self, *_: object) -> None:
        if self._folder:
            with suppress(OSError):
                made = _libraries(self._own) - _libraries(self._kept)
                if made:
                    # What is loaded is whole: another thread's compiler may be writing now.
                    _copy(self._own, self._kept, made & _loaded())
                    _drop_oldest(self._folder)


def _identity(compiler: str) -> str:
    """Of what compiles, and of what for."""
    program = Path(compiler).resolve()
    status = program.stat()
    told = f"{program} {status.st_size} {status.st_mtime_ns} {platform.machine()}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _libraries(folder: Path) -> set[str]:
    with suppress(FileNotFoundError):
        return {path.name for path in folder.iterdir() if path.suffix == ".so"}
    return set()


def _loaded() -> set[str]:
    """The names of the libraries of this process; none where the system does not tell."""
    with suppress(FileNotFoundError):
        return {Path(line.split(maxsplit=5)[-1]).name for line in Path("/proc/self/maps").read_text().splitlines()}
    return set()


def _copy(source: Path, target: Path, names: set[str]) -> None:
    for name in names:
        target.mkdir(parents=True, exist_ok=True)
        partial = target / f".{name}.{os.getpid()}"
        try:
            shutil.copyfile(source / name, partial)
            partial.replace(target / name)
        finally:
            partial.unlink(missing_ok=True)


def _drop_oldest(folder: Path) -> None:
    libraries = sorted(folder.glob("*/*.so"), key=lambda path: path.stat().st_mtime)
    for path in libraries[:-_MOST]:
        path.unlink(missing_ok=True)
