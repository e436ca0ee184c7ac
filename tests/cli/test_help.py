"""Every command that is listed explains itself with an example that names it, and README lists the same commands."""

from __future__ import annotations

import re

from running import REPOSITORY, Run


def listed_commands(portwright: Run) -> dict[str, str]:
    text = portwright("--help").stdout
    return dict(re.findall(r"^  ([a-z]+) +(\S.*)$", text.split("Commands:")[1].split("Options:")[0], re.MULTILINE))


def test_help_lists_commands(portwright: Run) -> None:
    commands = listed_commands(portwright)
    assert {"doctor", "test", "synth", "checks"} <= set(commands)


def test_every_command_has_help_with_an_example(portwright: Run) -> None:
    for command, line in listed_commands(portwright).items():
        finished = portwright(command, "--help")
        assert finished.returncode == 0
        assert finished.stderr == ""
        assert line in finished.stdout
        assert f"portwright {command}" in finished.stdout.split("Example:")[1]


def test_help_wins_over_what_is_missing(portwright: Run) -> None:
    assert portwright("test", "--help").returncode == 0


def test_the_readme_lists_the_same_commands(portwright: Run) -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8").split("## Commands")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z]+)", readme, re.MULTILINE)) == set(listed_commands(portwright))
