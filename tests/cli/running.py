"""What the tests of the command line share besides fixtures."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]

# The fixture `portwright`: words in, the finished process out.
Run = Callable[..., "subprocess.CompletedProcess[str]"]

# A run's record.
Record = dict[str, Any]


@dataclass(frozen=True)
class PortRun:
    """The run of one port of a table."""

    folder: Path
    record: Record


# The fixture `run_ports`: a table of ports and more words in, the runs by the ids of the ports out.
RunPorts = Callable[..., dict[str, PortRun]]


def runner(program: Path, folder: Path) -> Run:
    """What runs the program in a folder, with a cache of its own there unless `env` names another."""

    def run(
        *words: str | Path, env: dict[str, str] | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
        return subprocess.run(
            [program, *words],
            cwd=folder,
            env={**inherited, "PORTWRIGHT_CACHE": str(folder / "cache"), "COLUMNS": "100", **(env or {})},
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return run
