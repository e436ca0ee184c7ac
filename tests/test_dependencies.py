"""The table of parts in ARCHITECTURE.md, CMakeLists.txt and every include under src/ say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
Table = dict[str, set[str]]


def documented(text: str) -> Table:
    """Part to the parts it may include, from the Markdown table whose second column is headed "may include"."""
    lines = text.splitlines()
    starts = [at for at, line in enumerate(lines) if re.match(r"\|\s*part\s*\|\s*may include\s*\|", line)]
    assert len(starts) == 1, "ARCHITECTURE.md has exactly one table of parts"
    table: Table = {}
    for line in lines[starts[0] + 2 :]:
        if not line.startswith("|"):
            break
        part, may_include = (cell.strip() for cell in line.split("|")[1:3])
        table[part.strip("`")] = set(re.findall(r"`(\w+)`", may_include))
    return table


def configured(text: str) -> Table:
    """Read the same from the lines `portwright_part(NAME DEPENDS …)`."""
    lines = re.findall(r"^portwright_part\((\w+)(?:\s+DEPENDS\s+([\w\s]+))?\)", text, re.MULTILINE)
    return {part: set(depends.split()) for part, depends in lines}


def reachable(table: Table, part: str) -> set[str]:
    """Every part that `part` may include, directly or through another, and itself."""
    found = {part}
    todo = [part]
    while todo:
        new = table[todo.pop()] - found
        found |= new
        todo += new
    return found


def wrong_includes(source: Path, table: Table) -> list[str]:
    """One sentence for each include of a part by a part that may not include it."""
    wrong = []
    for file in sorted(source.glob("*/*.[ch]pp")):
        allowed = reachable(table, file.parent.name) if file.parent.name in table else set()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            match = re.match(r'\s*#\s*include\s+"(\w+)/', line)
            if match and match[1] not in allowed:
                wrong.append(f"{file.relative_to(source)}:{number}: {file.parent.name} may not include {match[1]}")
    return wrong


def cycles(table: Table) -> list[str]:
    """Parts that reach themselves."""
    return [part for part in table if any(part in reachable(table, other) for other in table[part])]


@pytest.fixture(scope="module")
def table() -> Table:
    return documented((REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8"))


def test_the_document_and_cmake_agree(table: Table) -> None:
    assert configured((REPOSITORY / "CMakeLists.txt").read_text(encoding="utf-8")) == table


def test_every_folder_is_a_part(table: Table) -> None:
    folders = {folder.name for folder in (REPOSITORY / "src").iterdir() if folder.is_dir()}
    assert folders == set(table)


def test_no_part_reaches_itself(table: Table) -> None:
    assert cycles(table) == []


def test_every_include_follows_the_table(table: Table) -> None:
    assert wrong_includes(REPOSITORY / "src", table) == []


SYNTHETIC = """
| part | may include | knows |
| --- | --- | --- |
| `low` | | nothing |
| `middle` | `low` | little |
| `high` | `middle` | all |
"""


def test_an_include_upwards_is_found(tmp_path: Path) -> None:
    includes = {"low": "high/a.hpp", "middle": "low/a.hpp", "high": "low/a.hpp"}
    for part, header in includes.items():
        (tmp_path / part).mkdir()
        (tmp_path / part / "a.cpp").write_text(f'// {part}\n#include "{header}"\n', encoding="utf-8")
    assert wrong_includes(tmp_path, documented(SYNTHETIC)) == ["low/a.cpp:2: low may not include high"]


def test_a_folder_outside_the_table_may_include_nothing(tmp_path: Path) -> None:
    (tmp_path / "stray").mkdir()
    (tmp_path / "stray" / "a.hpp").write_text('#include "low/a.hpp"\n', encoding="utf-8")
    assert len(wrong_includes(tmp_path, documented(SYNTHETIC))) == 1


def test_a_cycle_is_found() -> None:
    assert cycles({"a": {"b"}, "b": {"a"}, "c": {"a"}}) == ["a", "b"]


def test_a_difference_between_document_and_cmake_is_seen() -> None:
    assert configured("portwright_part(low)\nportwright_part(high DEPENDS low)\n") != documented(SYNTHETIC)
