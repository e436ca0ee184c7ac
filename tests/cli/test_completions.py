"""Completions know every command, its options and the words an option takes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from running import Run


def completed_by_bash(script: Path, *words: str) -> set[str]:
    """What bash offers for the last of `words`."""
    quoted = " ".join(f"'{word}'" for word in words)
    finished = subprocess.run(
        ["bash", "--norc", "-c", f". '{script}'; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _portwright;"
         ' printf "%s\\n" "${COMPREPLY[@]}"'],
        capture_output=True,
        text=True,
        check=True,
        cwd=script.parent,
    )  # fmt: skip
    assert finished.stderr == ""
    return set(finished.stdout.split())


@pytest.fixture
def bash_script(portwright: Run, tmp_path: Path) -> Path:
    script = tmp_path / "completion.bash"
    script.write_text(portwright("completions", "bash").stdout, "utf-8")
    return script


def test_bash_offers_commands(bash_script: Path) -> None:
    assert completed_by_bash(bash_script, "portwright", "do") == {"doctor"}
    assert "--version" in completed_by_bash(bash_script, "portwright", "--")


def test_bash_offers_the_options_of_the_command(bash_script: Path) -> None:
    assert completed_by_bash(bash_script, "portwright", "test", "--eff") == {"--effort"}
    assert completed_by_bash(bash_script, "portwright", "doctor", "--eff") == set()


def test_bash_offers_the_words_an_option_takes(bash_script: Path) -> None:
    assert completed_by_bash(bash_script, "portwright", "test", "--effort", "") == {"quick", "default", "full"}
    assert completed_by_bash(bash_script, "portwright", "completions", "z") == {"zsh"}


def test_bash_offers_files_and_built_in_models(bash_script: Path) -> None:
    (bash_script.parent / "some-checkpoint").mkdir()
    assert completed_by_bash(bash_script, "portwright", "test", "some") == {"some-checkpoint"}
    assert "builtin:smollm2" in completed_by_bash(bash_script, "portwright", "test", "bui")


@pytest.mark.parametrize(("shell", "marks"), [("zsh", ["#compdef portwright", "--effort["]), ("fish", ["-l effort "])])
def test_other_shells_get_the_same_table(portwright: Run, tmp_path: Path, shell: str, marks: list[str]) -> None:
    text = portwright("completions", shell).stdout
    for mark in [*marks, "doctor", "quick default full"]:
        assert mark in text
    if program := shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(text, "utf-8")
        assert subprocess.run([program, "-n", script], capture_output=True, check=False).stderr == b""
