"""Runs of a port against the tiny checkpoint; the reference's answers are remembered from one run to the next."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from running import Run


@dataclass(frozen=True)
class Bench:
    """What the runs share: the checkpoint, a cache in which the reference has answered, the right port's source."""

    run: Run
    folder: Path
    python: Path
    checkpoint: Path
    cache: Path
    source: str

    def environment(self) -> dict[str, str]:
        return {"PORTWRIGHT_CACHE": str(self.cache)}

    def words(self, source: str, *more: str) -> list[str | Path]:
        """The command that tests this source as the port."""
        (self.folder / "port.py").write_text(source, "utf-8")
        common: list[str | Path] = [
            "test",
            self.checkpoint,
            "--python",
            self.python,
            "--port",
            "port.py",
            "--out",
            "run",
        ]
        return [*common, *more]

    def test(
        self, source: str, *more: str, env: dict[str, str] | None = None
    ) -> tuple[subprocess.CompletedProcess[str], dict[str, dict[str, Any]]]:
        """One run; the records of its checks by id."""
        finished = self.run(*self.words(source, *more), env={**self.environment(), **(env or {})}, timeout=300)
        return finished, self.checks()

    def run_other(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """A command around the program, in the same folder and with the same cache."""
        environment = {**os.environ, "COLUMNS": "100", **self.environment()}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    def checks(self) -> dict[str, dict[str, Any]]:
        file = self.folder / "run" / "run.json"
        return {check["id"]: check for check in json.loads(file.read_text("utf-8"))["checks"]} if file.exists() else {}
