"""A port that gives no model fails `load` with its line; one that breaks its process is an error of that check only."""

from __future__ import annotations

import time

import pytest
import tiny_llama
from bad_ports import Bench


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("value = 1\nx = (\n", 2, "SyntaxError"),
        ("value = 1\nimport nothing_here\n", 2, "nothing_here"),
        ("value = 1\n", 1, "no class Model"),
    ],
    ids=["syntax", "import", "no class"],
)
def test_a_port_without_a_model_fails_load_with_its_line(bench: Bench, source: str, line: int, says: str) -> None:
    finished, checks = bench.test(source, "--checks", "load,dtype")
    assert finished.returncode == 1, finished.stderr
    assert checks["load"]["verdict"] == "fail"
    assert says in checks["load"]["summary"]
    assert checks["load"]["culprit"]["port_line"] == f"{bench.folder / 'port.py'}:{line}"
    assert checks["dtype"]["verdict"] == "not_compared"
    assert f"port.py:{line}" in finished.stdout
    # The person's own file only, none of the frames that led there.
    assert "portwright_probes/" not in finished.stdout
    assert "importlib" not in finished.stdout


def test_an_endless_loop_at_import_ends_at_the_deadline(bench: Bench) -> None:
    begun = time.monotonic()
    finished, checks = bench.test("while True:\n    pass\n", "--checks", "load", "--timeout", "4")
    assert finished.returncode == 3, finished.stderr
    assert checks["load"]["verdict"] == "error"
    assert "did not answer within 4.0 s" in checks["load"]["summary"]
    assert time.monotonic() - begun < 120


def test_exit_at_import_leaves_its_last_lines(bench: Bench) -> None:
    finished, checks = bench.test('import os\nprint("last words", flush=True)\nos._exit(7)\n', "--checks", "load,dtype")
    assert finished.returncode == 3, finished.stderr
    assert "exited with status 7" in checks["load"]["summary"]
    assert "last words" in finished.stdout
    assert checks["dtype"]["verdict"] == "not_compared"


def test_exit_in_one_forward_is_the_error_of_one_check(bench: Bench) -> None:
    """And garbage on standard output changes nothing: the answers travel on a pipe of their own."""
    prints = 'print(\'{"id": 1, "ok": {}}\\x00\\xff\', flush=True)'
    dies = f'{prints}; "float32" in str(self.model.norm.weight.dtype) and os._exit(9)'
    source = tiny_llama.with_forward(bench.source, dies)
    finished, checks = bench.test(source, "--checks", "load,parity.logits,behaviour.long", "--effort", "quick")
    assert finished.returncode == 3, finished.stderr
    assert checks["load"]["verdict"] == "pass"
    assert checks["parity.logits"]["verdict"] == "error"
    assert "exited with status 9" in checks["parity.logits"]["summary"]
    assert checks["behaviour.long"]["verdict"] == "pass", checks["behaviour.long"]["summary"]


def test_an_endless_loop_in_forward_is_the_error_of_one_check(bench: Bench) -> None:
    hangs = 'while "float32" in str(self.model.norm.weight.dtype): pass'
    source = tiny_llama.with_forward(bench.source, hangs)
    finished, checks = bench.test(
        source, "--checks", "load,parity.logits,behaviour.long", "--effort", "quick", "--timeout", "8"
    )
    assert finished.returncode == 3, finished.stderr
    assert checks["load"]["verdict"] == "pass"
    assert "did not answer within 8.0 s" in checks["parity.logits"]["summary"]
    assert checks["behaviour.long"]["verdict"] == "pass", checks["behaviour.long"]["summary"]


# A second net under the memory watch: the port stops by itself long before the machine suffers.
GROWING = """
held = []
while len(held) < 1600 and len(held) < (100 << 30) // (4 << 20):
    held.append(b"x" * (4 << 20))
raise SystemExit("nobody stopped it")
"""


@pytest.mark.parametrize(
    ("source", "limit", "says"),
    [
        (GROWING, "2", "more than the 2.00 GB allowed"),
        ("import numpy\nheld = numpy.full(100 << 30, 1, dtype=numpy.uint8)\n", "4", "memory"),
    ],
    ids=["bit by bit", "at once"],
)
def test_eating_the_memory_is_an_error(bench: Bench, source: str, limit: str, says: str) -> None:
    finished, checks = bench.test(source, "--checks", "load", "--memory", limit)
    assert finished.returncode == 3, finished.stderr + finished.stdout
    assert checks["load"]["verdict"] == "error"
    assert says in checks["load"]["summary"].lower() or says in checks["load"]["summary"]
