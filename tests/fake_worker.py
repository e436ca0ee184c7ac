"""A worker of the probe protocol without any library: it plays the failures that the engine must survive.

    python3 tests/fake_worker.py GREETING [options of the protocol]

GREETING says how it begins: `hello`, or one of the functions named `greet_*` below. What it does with a request is the
request's "do": one of the functions named `do_*`. It talks to the pipes directly, so that it can be wrong on purpose.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Queue
from typing import Any

parser = argparse.ArgumentParser()
parser.add_argument("greeting")
parser.add_argument("--requests", type=int, required=True)
parser.add_argument("--answers", type=int, required=True)
parser.add_argument("--exchange", type=Path, required=True)
parser.add_argument("--credit", type=int, required=True)
options = parser.parse_args()

queue: Queue[dict[str, Any]] = Queue()
cancelled: set[int] = set()
credit_changed = threading.Condition()
unreleased = 0
files_written = 0


def write(data: bytes) -> None:
    while data:
        data = data[os.write(options.answers, data) :]


def say(message: dict[str, Any]) -> None:
    write(json.dumps(message).encode() + b"\n")


def ok(request: dict[str, Any], **values: Any) -> None:
    say({"id": request["id"], "ok": values, "seconds": 0.25})


def leave() -> None:
    for path in options.exchange.iterdir():
        path.unlink()
    os._exit(0)


def read_requests() -> None:
    global unreleased
    for line in open(options.requests, "rb"):
        message = json.loads(line)
        if "credit" in message:
            with credit_changed:
                unreleased -= message["credit"]
                credit_changed.notify_all()
        elif "cancel" in message:
            cancelled.add(message["cancel"])
        else:
            queue.put(message)
    leave()


def write_tensor(request: dict[str, Any], size: int = 1000) -> dict[str, Any]:
    """Writes a file that holds one tensor of bytes, and gives the line that announces it."""
    global files_written, unreleased
    files_written += 1
    header = json.dumps({"x": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    data = len(header).to_bytes(8, "little") + header + bytes(size)
    name = f"{files_written:06}.safetensors"
    with credit_changed:
        while unreleased and unreleased + len(data) > options.credit:
            credit_changed.wait()
        unreleased += len(data)
    (options.exchange / name).write_bytes(data)
    return {"id": request["id"], "tensors": {"file": name, "bytes": len(data), "names": ["x"]}}


# How it begins.


def greet_hello() -> None:
    say({"hello": "portwright-probe/1", "side": "port", "pid": os.getpid(), "capabilities": []})


def greet_slow() -> None:
    time.sleep(0.5)
    greet_hello()


def greet_silent() -> None:
    time.sleep(600)


def greet_error() -> None:
    say({"hello": "portwright-probe/1", "error": {"kind": "environment", "sentence": "No module named 'mlx'"}})
    leave()


def greet_other_version() -> None:
    say({"hello": "portwright-probe/9"})


def greet_early_answer() -> None:
    say({"id": 1, "ok": {}})


def greet_death() -> None:
    print("Illegal instruction in a library", file=sys.stderr, flush=True)
    os._exit(7)


def greet_deaf() -> None:
    """Says hello and never reads a request."""
    greet_hello()
    time.sleep(600)


# What it does.


def do_echo(request: dict[str, Any]) -> None:
    ok(request, said=request.get("say"), pid=os.getpid())


def do_load(request: dict[str, Any]) -> None:
    ok(request, model=request["dtype"])


def do_unload(request: dict[str, Any]) -> None:
    ok(request)


def do_sleep(request: dict[str, Any]) -> None:
    until = time.monotonic() + request["for"]
    while time.monotonic() < until:
        if request["id"] in cancelled:
            say({"id": request["id"], "error": {"kind": "cancelled", "sentence": "cancelled"}})
            return
        time.sleep(0.01)
    ok(request)


def do_ignore_cancel(request: dict[str, Any]) -> None:
    time.sleep(600)


def do_fail(request: dict[str, Any]) -> None:
    say({"id": request["id"], "error": request["error"], "seconds": 0.5})


def do_progress(request: dict[str, Any]) -> None:
    for done in range(1, 4):
        say({"id": request["id"], "progress": {"done": done, "of": 3}})
    ok(request)


def do_raw(request: dict[str, Any]) -> None:
    """Writes what the request says, with its id in the place of ID."""
    write(request["text"].replace("ID", str(request["id"])).encode())


def do_endless_line(request: dict[str, Any]) -> None:
    while True:
        write(b"x" * 65536)


def do_endless_log(request: dict[str, Any]) -> None:
    while True:
        sys.stdout.write("y" * 65536)


def do_half_line_and_death(request: dict[str, Any]) -> None:
    write(b'{"id": ')
    print("the last words", flush=True)
    os._exit(3)


def do_exit(request: dict[str, Any]) -> None:
    print("leaving", flush=True)
    os._exit(request["status"])


def do_answer_and_exit(request: dict[str, Any]) -> None:
    ok(request)
    os._exit(0)


def do_signal(request: dict[str, Any]) -> None:
    os.kill(os.getpid(), getattr(signal, request["name"]))
    time.sleep(600)


def do_close_answers(request: dict[str, Any]) -> None:
    os.close(options.answers)
    time.sleep(600)


def do_tensors(request: dict[str, Any]) -> None:
    for _ in range(request["files"]):
        say(write_tensor(request, request["bytes"]))
    ok(request)


def do_tensors_and_death(request: dict[str, Any]) -> None:
    say(write_tensor(request))
    write_tensor(request)
    os.kill(os.getpid(), signal.SIGSEGV)


def do_half_tensor(request: dict[str, Any]) -> None:
    line = write_tensor(request)
    path = options.exchange / line["tensors"]["file"]
    os.truncate(path, path.stat().st_size // 2)
    say(line)


def do_tensor_twice(request: dict[str, Any]) -> None:
    line = write_tensor(request)
    say(line)
    say(line)


def do_tensor_link(request: dict[str, Any]) -> None:
    (options.exchange / "link").symlink_to("/etc/passwd")
    size = os.path.getsize("/etc/passwd")
    say({"id": request["id"], "tensors": {"file": "link", "bytes": size, "names": ["x"]}})


def do_leave_child(request: dict[str, Any]) -> None:
    """Dies and leaves a child that keeps the pipes open."""
    child = subprocess.Popen(["sleep", "600"], pass_fds=[options.requests, options.answers])
    print(f"child {child.pid}", flush=True)
    os._exit(4)


def do_eat_memory(request: dict[str, Any]) -> None:
    eaten = []
    while True:
        eaten.append(bytearray(b"x" * (16 << 20)))
        time.sleep(0.01)


def do_eat_memory_in_child(request: dict[str, Any]) -> None:
    if os.fork() == 0:
        do_eat_memory(request)
    time.sleep(600)


globals()["greet_" + options.greeting]()
threading.Thread(target=read_requests, daemon=True).start()
while True:
    next_request = queue.get()
    globals()["do_" + next_request["do"]](next_request)
