"""What memory this process takes, in bytes."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import mlx.core as mx


def memory() -> dict[str, int]:
    """rss and peak of the process, active and peak of MLX's own arrays."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "rss": _resident(),
        "peak": peak if sys.platform == "darwin" else peak * 1024,
        "mlx_active": mx.get_active_memory(),
        "mlx_peak": mx.get_peak_memory(),
    }


def _resident() -> int:
    if sys.platform == "linux":
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(os.getpid())])) * 1024
