"""What memory this process takes, in bytes."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import subprocess
import sys

import mlx.core as mx


def memory() -> dict[str, int]:
    """rss and peak of the process, active and peak of MLX's own arrays."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    resident = _resident()
    return {
        "rss": resident,
        "peak": max(peak, resident),  # the kernel counts its maximum a little late
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


def _resident() -> int:
    if sys.platform == "linux":
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(os.getpid())])) * 1024
