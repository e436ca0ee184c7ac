"""What the greeting says about this interpreter, and the import of mlx-lm."""

from __future__ import annotations

import ctypes
import importlib
import importlib.metadata
import importlib.util
import os
import platform
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import mlx.core as mx

from ..errors import ProbeError, describe, last_lines

_PACKAGES = {"mlx": "mlx", "mlx_lm": "mlx-lm", "numpy": "numpy", "transformers": "transformers"}


def missing_package() -> str | None:
    """A sentence if mlx-lm is not installed here, without importing it."""
    return None if importlib.util.find_spec("mlx_lm") else "mlx_lm is not installed in this Python"


def facts() -> dict[str, Any]:
    """Backend, versions, BLAS, threads and paths, read without importing mlx-lm."""
    versions = {"python": platform.python_version()}
    for module, distribution in _PACKAGES.items():
        try:
            versions[module] = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            versions[module] = "unknown"
    description, threads = _blas()
    spec = importlib.util.find_spec("mlx_lm")
    return {
        "backend": backend(),
        "versions": versions,
        "blas": description,
        "threads": threads,
        "paths": {"mlx_lm": str(Path(spec.origin).parent) if spec and spec.origin else ""},
    }


def backend() -> str:
    """Where MLX computes by default: `cpu`, `metal` or `cuda`."""
    if mx.default_device() != mx.Device(mx.gpu):
        return "cpu"
    return "metal" if mx.metal.is_available() else "cuda"


def import_mlx_lm(untouched: bool) -> ModuleType:
    """Imports mlx-lm. Unless `untouched`, without torch.

    transformers imports torch wherever it is installed, which costs about a second and 180 MB, and mlx-lm uses
    nothing of it: its own requirements do not name torch. So torch is hidden while transformers looks for it, and is
    there again for a port or a tokenizer that imports it by itself.
    ProbeError `environment` where the import fails.
    """
    hide = not untouched and "torch" not in sys.modules
    if hide:
        sys.modules["torch"] = None  # type: ignore[assignment]  # importlib's own mark for "cannot be imported"
    try:
        return importlib.import_module("mlx_lm")
    except BaseException as error:
        raise ProbeError("environment", f"mlx_lm cannot be imported: {describe(error)}", last_lines(error)) from error
    finally:
        if hide:
            del sys.modules["torch"]


class _SymbolInfo(ctypes.Structure):
    """`Dl_info` of dlfcn.h."""

    _fields_ = [
        ("file", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("symbol", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    ]


def _blas() -> tuple[str, int]:
    """The BLAS that MLX's products reach, in words, and its threads.

    A preloaded library stands before the wheel's own in the global scope, so whoever owns `cblas_sgemm` there is used.
    (numpy brings an OpenBLAS of its own, which says nothing about MLX.)
    """
    if sys.platform == "darwin":
        return "Accelerate", os.cpu_count() or 1
    everything = ctypes.CDLL(None)
    info = _SymbolInfo()
    try:
        everything.dladdr(ctypes.cast(everything.cblas_sgemm, ctypes.c_void_p), ctypes.byref(info))
        library = ctypes.CDLL(os.fsdecode(info.file))
    except (AttributeError, OSError, TypeError):
        return "the wheel's own", 1
    try:
        library.openblas_get_config.restype = ctypes.c_char_p
        name, version = library.openblas_get_config().decode().split()[:2]
        return f"{name.lower()} {version} (preloaded)", int(library.openblas_get_num_threads())
    except (AttributeError, ValueError):
        return f"{Path(os.fsdecode(info.file)).name} (preloaded)", 1
