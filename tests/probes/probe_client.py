"""Talks to a worker as the engine does, over real pipes."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from portwright_probes import safetensors_io

PROBES = Path(__file__).resolve().parents[2] / "probes"


class ProbeClient:
    """A started worker. `greeting` is its first line; `tensors` holds what the last `ask` received."""

    def __init__(self, side: str, exchange: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        self.exchange = exchange
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        command = [sys.executable, "-m", f"portwright_probes.{side}", "--requests", str(requests)]
        command += ["--answers", str(answers), "--exchange", str(exchange), *options]
        self.process = subprocess.Popen(
            command,
            pass_fds=(requests, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(PROBES), **(environment or {})},
        )
        os.close(requests)
        os.close(answers)
        self._buffer = b""
        self._id = 0
        self.tensors: dict[str, np.ndarray] = {}
        self.dtypes: dict[str, str] = {}
        self.progress: list[dict[str, int]] = []
        self.greeting = self.receive()

    def send(self, message: dict[str, Any]) -> None:
        os.write(self._requests, json.dumps(message).encode() + b"\n")

    def receive(self, seconds: float = 120) -> dict[str, Any]:
        """The next line; an AssertionError where none comes in time."""
        end = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                assert selector.select(max(0.0, end - time.monotonic())), "the worker says nothing"
                read = os.read(self._answers, 1 << 20)
                assert read, "the worker is gone"
                self._buffer += read
        line, self._buffer = self._buffer.split(b"\n", 1)
        message: dict[str, Any] = json.loads(line)
        return message

    def submit(self, do: str, **arguments: Any) -> int:
        self._id += 1
        self.send({"id": self._id, "do": do, **{key.rstrip("_"): value for key, value in arguments.items()}})
        return self._id

    def wait(self, request: int) -> dict[str, Any]:
        """The whole answer, `ok` or `error`; takes tensors and gives credit on the way."""
        self.tensors, self.dtypes, self.progress = {}, {}, []
        while True:
            message = self.receive()
            assert message["id"] == request
            if "tensors" in message:
                self._take(message["tensors"])
            elif "progress" in message:
                self.progress.append(message["progress"])
            else:
                return message

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """The `ok` of a request that must succeed."""
        answer = self.wait(self.submit(do, **arguments))
        assert "ok" in answer, answer
        ok: dict[str, Any] = answer["ok"]
        return ok

    def fail(self, do: str, **arguments: Any) -> dict[str, Any]:
        """The `error` of a request that must fail."""
        answer = self.wait(self.submit(do, **arguments))
        assert "error" in answer, answer
        error: dict[str, Any] = answer["error"]
        return error

    def _take(self, announced: dict[str, Any]) -> None:
        path = self.exchange / announced["file"]
        assert path.stat().st_size == announced["bytes"]
        stored = safetensors_io.read(path)
        assert sorted(stored) == sorted(announced["names"])
        for name, tensor in stored.items():
            assert name not in self.tensors, f"{name} came twice"
            self.tensors[name] = np.array(tensor.array)
            self.dtypes[name] = tensor.dtype
        path.unlink()
        self.send({"credit": announced["bytes"]})

    def close(self) -> str:
        """Ends the worker by ending its pipe; returns what it printed."""
        os.close(self._requests)
        try:
            output, _ = self.process.communicate(timeout=20)
        finally:
            self.process.kill()
            os.close(self._answers)
        return output.decode(errors="replace")
