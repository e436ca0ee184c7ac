"""A port that gives no model fails `load` with its line; one that breaks its process is an error of that check only."""

from __future__ import annotations

import time

import pytest
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
