"""The worker's end of the probe protocol (docs/probe-protocol.md): greeting, requests, answers, cancellation, the end.

A side makes a `Worker`, gives it one function a request, greets and serves:

    worker = Worker(parse_arguments())
    worker.greet("port", {"backend": "cpu", ...})          # or worker.greet_failure("port", error), which exits

    @worker.request
    def score(context: Context, *, model: str, ids: list[int], from_: int = 1) -> dict[str, Any]: ...

    worker.serve()

The signature is the request's declaration: unknown, missing and ill-typed arguments are refused. The function returns
the `ok` object; it raises ProbeError for an error with a kind, and any other exception becomes `internal`.
numpy is imported with the first tensor, so that a Python without it can say so in its greeting.
Requests run on the thread that calls `serve`; another thread only reads the pipe, so that cancellation, credit and the
pipe's end are seen in the middle of work.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import math
import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from . import PROTOCOL
from .arguments import bind
from .errors import ProbeError, as_probe_error
from .exchange import Exchange

if TYPE_CHECKING:
    import numpy as np

DEFAULT_CREDIT_BYTES = 256 << 20
MAXIMUM_LINE_BYTES = 64 << 20

Handler = Callable[..., dict[str, Any]]


def parse_arguments(side: str) -> argparse.Namespace:
    """The worker's command line: requests, answers (file descriptors), exchange (folder), credit (bytes), untouched."""
    parser = argparse.ArgumentParser(prog=f"python -m portwright_probes.{side}")
    parser.add_argument("--requests", type=int, required=True, metavar="FD", help="pipe to read requests from")
    parser.add_argument("--answers", type=int, required=True, metavar="FD", help="pipe to write answers to")
    parser.add_argument("--exchange", type=Path, required=True, metavar="DIR", help="folder for tensor files")
    parser.add_argument(
        "--credit", type=int, default=DEFAULT_CREDIT_BYTES, metavar="BYTES", help="unreleased bytes allowed"
    )
    parser.add_argument("--untouched", action="store_true", help="patch nothing: the canary")
    return parser.parse_args()


class Context:
    """What a request's function may do besides returning: send tensors, tell progress, look for cancellation."""

    def __init__(self, worker: Worker, request_id: int) -> None:
        self._worker = worker
        self._id = request_id

    def tensor(self, name: str, array: np.ndarray, dtype: str | None = None) -> None:
        """Sends a tensor. `dtype` is safetensors' name, needed where numpy has none (BF16 as uint16 bits)."""
        from . import safetensors_io

        self.check_cancelled()
        self._worker._exchange.put(name, array, dtype or safetensors_io.dtype_name(array), self.check_cancelled)

    def progress(self, done: int, of: int) -> None:
        """Tells how much of the request is done."""
        self._worker._send({"id": self._id, "progress": {"done": done, "of": of}})

    def check_cancelled(self) -> None:
        """Raises ProbeError `cancelled` if the engine wants no answer any more. Call it at each module or token."""
        if self._id in self._worker._cancelled:
            raise ProbeError("cancelled", "cancelled")


class Worker:
    """One process that serves requests of the protocol, one at a time, in order."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        faulthandler.enable()
        for descriptor in (arguments.requests, arguments.answers):
            os.set_inheritable(descriptor, False)
        self._requests = os.fdopen(arguments.requests, "rb")
        self._answers = arguments.answers
        self._exchange = Exchange(arguments.exchange, arguments.credit, self._announce)
        self._handlers: dict[str, Handler] = {}
        self._queue: queue.Queue[dict[str, Any]] = queue.Queue()
        self._cancelled: set[int] = set()
        self._current = 0

    def request(self, function: Handler) -> Handler:
        """Serves requests of the function's name with `function(context, **arguments)`. Usable as a decorator."""
        self._handlers[function.__name__.rstrip("_")] = function
        return function

    def greet(self, side: str, facts: dict[str, Any]) -> None:
        """Sends the greeting and starts to read requests. `facts`: backend, versions, blas, threads, paths."""
        threading.Thread(target=self._read, name="requests", daemon=True).start()
        self._send({"hello": PROTOCOL, "side": side, "pid": os.getpid(), **facts, "capabilities": list(self._handlers)})

    def greet_failure(self, side: str, sentence: str) -> NoReturn:
        """Says that this environment cannot serve, and exits."""
        error = ProbeError("environment", sentence).as_json()
        self._send({"hello": PROTOCOL, "side": side, "pid": os.getpid(), "error": error})
        self._leave()

    def serve(self) -> NoReturn:
        """Answers requests until the pipe ends, which ends the process."""
        while True:
            self._answer(self._queue.get())

    def _answer(self, message: dict[str, Any]) -> None:
        started = time.perf_counter()
        self._current = message["id"]
        context = Context(self, self._current)
        answer: dict[str, Any]
        try:
            context.check_cancelled()
            answer = {"ok": self._run(context, message)}
            self._exchange.flush(context.check_cancelled)
        except BaseException as error:  # a port may raise SystemExit; the worker goes on
            self._exchange.drop()
            answer = {"error": as_probe_error(error).as_json()}
        self._cancelled.discard(self._current)
        self._send({"id": self._current, **answer, "seconds": round(time.perf_counter() - started, 6)})

    def _run(self, context: Context, message: dict[str, Any]) -> dict[str, Any]:
        name = message.get("do")
        if name not in self._handlers:
            raise ProbeError("bad_request", f"unknown request {name!r}; known are {', '.join(self._handlers)}")
        arguments = {key: value for key, value in message.items() if key not in ("id", "do")}
        handler = self._handlers[name]
        return handler(context, **bind(handler, arguments))

    def _announce(self, file: str, size: int, names: list[str]) -> None:
        self._send({"id": self._current, "tensors": {"file": file, "bytes": size, "names": names}})

    def _send(self, message: dict[str, Any]) -> None:
        line = _encode(message)
        if len(line) > MAXIMUM_LINE_BYTES and "id" in message:
            error = ProbeError("internal", f"the answer takes {len(line)} bytes, more than a line may")
            line = _encode({"id": message["id"], "error": error.as_json(), "seconds": message.get("seconds", 0)})
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._answers, rest) :]
        except OSError:
            self._leave()  # nobody listens any more

    def _read(self) -> None:
        try:
            for line in self._requests:
                self._take(line)
        except (OSError, ValueError):
            pass  # a broken pipe and a broken message end the worker alike: there is no engine to talk to
        self._leave()

    def _take(self, line: bytes) -> None:
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ValueError("a message is an object")
        if "credit" in message:
            self._exchange.give_back(int(message["credit"]))
        elif "cancel" in message:
            self._cancelled.add(message["cancel"])
        elif isinstance(message.get("id"), int):
            self._queue.put(message)
        else:
            raise ValueError("a message without an id")

    def _leave(self) -> NoReturn:
        self._exchange.close()
        os._exit(0)


def _encode(message: dict[str, Any]) -> bytes:
    try:
        text = json.dumps(message, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        text = json.dumps(_finite(message), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n"  # a tokenizer's text may hold lone surrogates, which UTF-8 cannot


def _finite(value: Any) -> Any:
    """The value with non-finite numbers written as the protocol's strings."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
