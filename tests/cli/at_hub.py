"""Runs commands that talk to the Hub against one on this machine."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from local_hub import LocalHub
from running import Run


@dataclass(frozen=True)
class AtHub:
    """`home` is HF_HOME; calling it runs a command with --python added."""

    portwright: Run
    home: Path
    python: Path

    def environment(self, hub: LocalHub) -> dict[str, str]:
        """What points a process to this Hub and its own cache."""
        return {"HF_ENDPOINT": hub.url, "HF_HOME": str(self.home), "HF_HUB_DISABLE_TELEMETRY": "1"}

    def __call__(
        self, hub: LocalHub, command: str, *words: str, env: dict[str, str] | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        environment = {**self.environment(hub), **(env or {})}
        return self.portwright(command, *words, "--python", self.python, env=environment, timeout=timeout)
