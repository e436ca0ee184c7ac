"""What memory this process takes, and giving it back."""

from __future__ import annotations

import ctypes
import gc
import sys

import mlx.core as mx

from ..process_memory import ProcessMemory


def memory() -> dict[str, int]:
    """Bytes: those of the process, and those of MLX's own arrays (`mlx_active`, `mlx_peak`)."""
    process = ProcessMemory()
    return {
        "rss": process.rss(),
        "peak": process.peak(),
        "mlx_active": mx.get_active_memory(),
        "mlx_peak": mx.get_peak_memory(),
    }


def release() -> None:
    """Gives unused memory back to the system."""
    gc.collect()
    mx.clear_cache()
    if sys.platform == "linux":
        # glibc keeps freed blocks of up to 32 MiB, once it has seen that many.
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
