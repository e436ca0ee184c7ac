"""What the tests of the command line share besides fixtures."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# The fixture `portwright`: words in, the finished process out.
Run = Callable[..., "subprocess.CompletedProcess[str]"]
