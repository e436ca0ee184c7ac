"""A misspelt command, option or value is refused with status 2 and the nearest right one, on standard error only."""

from __future__ import annotations

import pytest
from running import Run


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["docter"], "did you mean 'doctor'?"),
        (["tset", "builtin:smollm2"], "did you mean 'test'?"),
        (["--versoin"], "did you mean '--version'?"),
        (["doctor", "--pyhton", "x"], "did you mean '--python'?"),
        (["test", "--effrt", "quick", "builtin:smollm2"], "did you mean '--effort'?"),
        (["test", "builtin:smollm2", "--effort", "qick"], "did you mean 'quick'?"),
        (["checks", "parity.logit"], "did you mean 'parity.logits'?"),
        (["completions", "bsh"], "did you mean 'bash'?"),
    ],
)
def test_the_nearest_word_is_named(portwright: Run, words: list[str], meant: str) -> None:
    finished = portwright(*words)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert meant in finished.stderr


@pytest.mark.parametrize("words", [["publishing"], ["doctor", "--colour"], [], ["doctor", "surplus"], ["test"]])
def test_what_resembles_nothing_points_to_the_help(portwright: Run, words: list[str]) -> None:
    finished = portwright(*words)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert "--help" in finished.stderr
    assert "did you mean" not in finished.stderr
