"""Resident memory of the process, as the system counts it."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


class ProcessMemory:
    """Resident bytes now and at most. Where the system cannot restart the peak, it counts from the process's start."""

    def __init__(self) -> None:
        self._earlier_peak = 0

    def rss(self) -> int:
        """Resident bytes now."""
        if _STATUS.exists():
            return _status_bytes("VmRSS")
        output = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, text=True, check=True
        )
        return int(output.stdout) << 10

    def peak(self) -> int:
        """The most bytes since the process began."""
        return max(self._earlier_peak, self.peak_since_restart())

    def restart_peak(self) -> None:
        """Begins a new span for `peak_since_restart`."""
        self._earlier_peak = self.peak()
        with suppress(OSError):  # another system, or a sandbox with a read-only /proc
            _CLEAR.write_text("5")

    def peak_since_restart(self) -> int:
        """The most bytes since the last `restart_peak`."""
        if _STATUS.exists():
            return _status_bytes("VmHWM")
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most << 10  # macOS counts bytes, others KiB


def _status_bytes(field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    return int(found[1]) << 10 if found else 0
