"""The workers' end of the protocol, driven through a worker that loads nothing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from portwright_probes import safetensors_io
from portwright_probes.arguments import bind
from portwright_probes.errors import ProbeError
from portwright_probes.fingerprint import multiset_hash, total
from probe_client import PROBES, ProbeClient

_SIDE = """
import os, sys, time
import numpy as np
from portwright_probes.wire import Context, Worker, parse_arguments

worker = Worker(parse_arguments("pretend"))

@worker.request
def tensors(context: Context, *, count: int, elements: int = 1000) -> dict:
    for i in range(count):
        context.tensor(f"t{i}", np.full(elements, i, np.float32))
        context.progress(i + 1, count)
    return {"count": count}

@worker.request
def halves(context: Context) -> dict:
    context.tensor("b", np.array([[16256, 16384]], np.uint16), "BF16")
    context.tensor("scalar", np.float32(2))
    context.tensor("empty", np.zeros((0, 3), np.float16))
    context.tensor("strided", np.arange(6, dtype=np.int64).reshape(2, 3).T)
    return {}

@worker.request
def numbers(context: Context) -> dict:
    return {"x": [float("nan"), {"y": float("inf")}, -float("inf"), 1.5], "text": "a\\nb \\udc80"}

@worker.request
def spin(context: Context) -> dict:
    while True:
        pass

@worker.request
def polite(context: Context) -> dict:
    while True:
        context.check_cancelled()
        time.sleep(0.01)

@worker.request
def leave(context: Context, *, how: str) -> dict:
    if how == "exit":
        sys.exit(3)
    if how == "memory":
        raise MemoryError("no more")
    if how == "disk":
        raise OSError(28, "No space left on device")
    raise ValueError("two\\nlines")

@worker.request
def shout(context: Context) -> dict:
    print('{"id": 1, "ok": {}}', flush=True)
    os.write(2, b"noise")
    return {}

@worker.request
def wide(context: Context) -> dict:
    return {"text": "x" * (65 << 20)}

@worker.request
def named(context: Context, *, from_: int) -> dict:
    return {"from": from_}

worker.greet("pretend", {"backend": "none"})
worker.serve()
"""

Start = Callable[..., ProbeClient]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the pretended side, as `portwright_probes.pretend` in a package that goes on in the real one."""
    package = tmp_path / "path" / "portwright_probes"
    (package / "pretend").mkdir(parents=True)
    real = PROBES / "portwright_probes"
    (package / "__init__.py").write_text(f"{(real / '__init__.py').read_text()}\n__path__.append({str(real)!r})\n")
    (package / "pretend" / "__main__.py").write_text(_SIDE)
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    started: list[ProbeClient] = []

    def begin(*options: str) -> ProbeClient:
        client = ProbeClient("pretend", exchange, *options, environment={"PYTHONPATH": str(tmp_path / "path")})
        started.append(client)
        return client

    yield begin
    for client in started:
        client.process.kill()
        client.process.communicate()


def waits_for_exit(client: ProbeClient) -> int:
    os.close(client._requests)
    return client.process.wait(10)


def test_it_greets_with_its_capabilities(start: Start) -> None:
    greeting = start().greeting
    assert greeting["hello"] == "portwright-probe/1"
    assert greeting["pid"] > 0 and greeting["backend"] == "none" and "tensors" in greeting["capabilities"]


def test_small_tensors_share_a_file_and_large_ones_do_not(start: Start) -> None:
    client = start()
    client.ask("tensors", count=5)
    assert len(client.tensors) == 5 and client.tensors["t3"][7] == 3
    assert client.progress[-1] == {"done": 5, "of": 5}
    request = client.submit("tensors", count=3, elements=5 << 20)
    files = []
    while "ok" not in (message := client.receive()):
        if "tensors" in message:
            files.append(message["tensors"])
            client.send({"credit": message["tensors"]["bytes"]})
    assert message["id"] == request
    assert [file["names"] for file in files] == [["t0"], ["t1"], ["t2"]]
    assert len({file["file"] for file in files}) == 3


def test_every_dtype_and_form_arrives(start: Start) -> None:
    client = start()
    client.ask("halves")
    assert client.dtypes == {"b": "BF16", "scalar": "F32", "empty": "F16", "strided": "I64"}
    assert client.tensors["b"].tolist() == [[16256, 16384]]
    assert client.tensors["scalar"].shape == () and client.tensors["empty"].shape == (0, 3)
    assert client.tensors["strided"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_non_finite_numbers_and_line_breaks_stay_inside_a_line(start: Start) -> None:
    answer = start().ask("numbers")
    assert answer["x"] == ["nan", {"y": "inf"}, "-inf", 1.5]
    assert answer["text"] == "a\nb ?"


def test_what_a_library_prints_does_not_reach_the_engine(start: Start) -> None:
    client = start()
    assert client.ask("shout") == {}
    printed = client.close()
    assert '{"id": 1, "ok": {}}' in printed and "noise" in printed


@pytest.mark.parametrize(
    ("how", "kind"), [("exit", "internal"), ("memory", "memory"), ("disk", "disk"), ("raise", "internal")]
)
def test_an_exception_is_an_answer_and_the_worker_goes_on(start: Start, how: str, kind: str) -> None:
    client = start()
    error = client.fail("leave", how=how)
    assert error["kind"] == kind and "\n" not in error["sentence"]
    assert "line" in error["detail"]
    assert client.ask("tensors", count=1) == {"count": 1}


def test_unknown_requests_and_arguments_are_refused(start: Start) -> None:
    client = start()
    assert client.fail("nothing")["kind"] == "bad_request"
    assert "'cont'" in client.fail("tensors", cont=3)["sentence"]
    assert "'count' is missing" in client.fail("tensors")["sentence"]
    assert "int is wanted" in client.fail("tensors", count="3")["sentence"]
    assert "int is wanted" in client.fail("tensors", count=True)["sentence"]
    assert client.ask("named", from_=4) == {"from": 4}


def test_an_answer_too_long_for_a_line_is_an_error(start: Start) -> None:
    assert start().fail("wide")["kind"] == "internal"


def test_it_waits_for_credit(start: Start) -> None:
    client = start("--credit", str(30 << 20))
    request = client.submit("tensors", count=4, elements=5 << 20)  # 20 MiB each: one fits, two do not
    held: list[dict[str, Any]] = []
    while len(held) < 1:
        if "tensors" in (message := client.receive()):
            held.append(message["tensors"])
    with pytest.raises(AssertionError, match="says nothing"):
        while "tensors" not in client.receive(seconds=0.7):
            pass
    assert len(list(client.exchange.iterdir())) == 1
    (client.exchange / held[0]["file"]).unlink()
    client.send({"credit": held[0]["bytes"]})
    assert "ok" in client.wait(request)
    assert sorted(client.tensors) == ["t1", "t2", "t3"]


def test_a_request_is_cancelled_while_it_runs_and_before_it_starts(start: Start) -> None:
    client = start()
    first, second = client.submit("polite"), client.submit("polite")
    time.sleep(0.2)
    client.send({"cancel": second})
    client.send({"cancel": first})
    assert client.wait(first)["error"]["kind"] == "cancelled"
    assert client.wait(second)["error"]["kind"] == "cancelled"
    assert client.ask("tensors", count=1) == {"count": 1}


def test_cancelling_ends_the_wait_for_credit(start: Start) -> None:
    client = start("--credit", "1000")
    request = client.submit("tensors", count=9, elements=5 << 20)
    while "tensors" not in client.receive():
        pass
    client.send({"cancel": request})
    while "error" not in (answer := client.receive()):
        pass
    assert answer["error"]["kind"] == "cancelled"


@pytest.mark.parametrize("do", ["spin", "polite"])
def test_the_end_of_the_pipe_ends_it_in_the_middle_of_work(start: Start, do: str) -> None:
    client = start()
    client.submit("tensors", count=2)
    client.receive()
    client.submit(do)
    time.sleep(0.2)
    assert list(client.exchange.iterdir())
    assert waits_for_exit(client) == 0
    assert not list(client.exchange.iterdir())


def test_files_of_others_stay(start: Start) -> None:
    client, other = start(), start()
    other.ask("halves")
    request = other.submit("tensors", count=1)
    while "tensors" not in other.receive():
        pass
    assert request and waits_for_exit(client) == 0
    assert len(list(other.exchange.iterdir())) == 1


def test_a_message_that_is_none_ends_it(start: Start) -> None:
    client = start()
    os.write(client._requests, b"no json\n")
    assert client.process.wait(10) == 0


def test_a_reader_that_is_gone_ends_it(start: Start) -> None:
    client = start()
    os.close(client._answers)
    client.send({"id": 1, "do": "tensors", "count": 1})
    assert client.process.wait(10) == 0
    assert not list(client.exchange.iterdir())
    client._answers = os.open(os.devnull, os.O_RDONLY)


def test_a_crash_leaves_a_traceback_in_the_log(start: Start) -> None:
    client = start()
    client.submit("spin")
    time.sleep(0.2)
    client.process.send_signal(signal.SIGABRT)
    assert "Fatal Python error" in client.process.communicate(timeout=10)[0].decode()


def test_annotations_are_checked_in_depth() -> None:
    def handler(context: object, *, ids: list[list[int]], name: str | None = None) -> None: ...

    assert bind(handler, {"ids": [[1], []], "name": None}) == {"ids": [[1], []], "name": None}
    for wrong in ({"ids": [1]}, {"ids": [["1"]]}, {"ids": [], "name": 3}):
        with pytest.raises(ProbeError) as caught:
            bind(handler, wrong)
        assert caught.value.kind == "bad_request"


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:4],
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: (1 << 60).to_bytes(8, "little") + data[8:],
        lambda data: data.replace(b'"dtype"', b'"dtipe"'),
        lambda data: data.replace(b"[2,3]", b"[2,4]"),
        lambda data: data.replace(b"{", b"(", 1),
    ],
)
def test_damaged_safetensors_are_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "x.safetensors"
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    safetensors_io.write(file, {"a": ("F32", array.shape, array.data)})
    assert np.array_equal(safetensors_io.read(file)["a"].array, array)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(ValueError, match=r"x\.safetensors"):
        safetensors_io.read(file)


def reference_hash(bits: list[int]) -> int:
    """The definition in docs/probe-protocol.md, one element after the other."""
    mask = (1 << 64) - 1
    sum_ = 0
    for element in bits:
        x = element
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            x = (x ^ x >> shift) * factor & mask
        sum_ += x ^ x >> 31
    return sum_ & mask


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8", "f2", "f4", "f8"])
def test_the_fingerprint_is_the_sum_of_finalised_bits(dtype: str) -> None:
    generator = np.random.default_rng(5)
    array = np.frombuffer(generator.bytes(999 * np.dtype(dtype).itemsize), dtype)
    bits = array.view(f"u{array.itemsize}")
    assert multiset_hash(array) == reference_hash([int(x) for x in bits])


def test_the_fingerprint_of_bfloat16_numbers_held_as_float32() -> None:
    array = (np.arange(5000, dtype=np.uint32) << 16).view(np.float32)
    assert multiset_hash(array) == reference_hash([x << 16 for x in range(5000)])


def test_the_fingerprint_ignores_order_and_adds_up() -> None:
    array = np.random.default_rng(6).standard_normal((1200, 1001)).astype(np.float32)  # more than a chunk
    whole = multiset_hash(array)
    assert multiset_hash(array.T) == multiset_hash(array[::-1]) == whole
    assert total([multiset_hash(array[:700]), multiset_hash(array[700:])]) == whole
    changed = array.copy()
    changed[3, 4] = np.nextafter(changed[3, 4], np.float32(9))
    assert multiset_hash(changed) != whole


def test_reading_many_tensors_opens_one_file(tmp_path: Path) -> None:
    values = np.arange(5, dtype=np.float32)
    file = tmp_path / "many.safetensors"
    safetensors_io.write(file, {f"t{i}": ("F32", values.shape, values.data) for i in range(200)})
    before = len(list(Path("/dev/fd").iterdir()))
    read = safetensors_io.read(file)
    assert len(list(Path("/dev/fd").iterdir())) <= before + 2
    assert np.array_equal(read["t199"].array, values)
