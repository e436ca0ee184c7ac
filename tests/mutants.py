"""Broken ports: one search-and-replace each on a file of the installed mlx-lm (tests/data/mutants.json).

As a program, `python tests/mutants.py ID FOLDER` writes one and prints its path; without arguments it lists the ids.

In the data, `expected.culprit` is the reference's path of the module whose own code, weight or config is wrong, its
parent only where the parent's own code wires it wrongly. `also_right` holds the answers that are as true where the
two sides cut the work into modules differently (a mask is made by the model and used by the attention; an activation
is a module on one side only).
"""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "mutants.json"


@dataclass(frozen=True)
class Mutant:
    """One broken port and what a run on `checkpoint` has to say about it."""

    id: str
    model_type: str
    file: str
    checkpoint: str
    search: str
    replace: str
    culprit: str
    also_right: tuple[str, ...]
    checks: tuple[str, ...]


def load(data: Path = DATA) -> list[Mutant]:
    """All of them, in the order of the file."""
    return [_mutant(entry) for entry in json.loads(data.read_text(encoding="utf-8"))["mutants"]]


def tested_version(data: Path = DATA) -> str:
    """The version of mlx-lm whose files the searches were written for."""
    return str(json.loads(data.read_text(encoding="utf-8"))["mlx_lm"])


def write(mutant: Mutant, folder: Path, models: Path | None = None) -> Path:
    """Writes the broken file into `folder` under its own name and gives its path.

    `models` is mlx-lm's folder of ports, by default that of this interpreter's mlx-lm, which is found without
    importing it. Raises ValueError where the search string does not occur exactly once.
    """
    source = (models or installed_models()) / mutant.file
    text = source.read_text(encoding="utf-8")
    found = text.count(mutant.search)
    if found != 1:
        raise ValueError(f"{mutant.id}: the search string occurs {found} times in {source}, not once")
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / mutant.file
    out.write_text(text.replace(mutant.search, mutant.replace), encoding="utf-8")
    return out


def words(mutant: Mutant, port: Path, python: Path) -> list[str | Path]:
    """The arguments of the program that test a broken port: the lanes that can see it, at the least effort."""
    skipped = "behaviour.*,canary"
    return ["test", mutant.checkpoint, "--port", port, "--python", python, "--json",
            "--effort", "quick", "--skip", skipped]  # fmt: skip


def blamed(run: dict[str, Any]) -> str:
    """The culprit a run names first, or nothing."""
    culprits = [
        check["culprit"]["module"] for check in run["checks"] if check["verdict"] == "fail" and check["culprit"]
    ]
    return culprits[0] if culprits else ""


def complaint(mutant: Mutant, run: dict[str, Any]) -> str:
    """What the run should have said of this port and did not; nothing where it is right."""
    failed = {check["id"] for check in run["checks"] if check["verdict"] == "fail"}
    if run["verdict"] != "fail" or not failed & set(mutant.checks):
        return f"it fails {sorted(failed) or 'nothing'}, not one of {sorted(mutant.checks)}"
    culprit = blamed(run)
    if culprit not in {mutant.culprit, *mutant.also_right}:
        return f"it blames {culprit or 'nobody'}, not {mutant.culprit}"
    return ""


def installed_models() -> Path:
    """The folder `models` of the mlx-lm that this interpreter would import."""
    spec = importlib.util.find_spec("mlx_lm")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("mlx_lm is not installed for this Python")
    return Path(spec.submodule_search_locations[0]) / "models"


def _mutant(entry: dict[str, Any]) -> Mutant:
    expected = entry["expected"]
    return Mutant(
        **{key: value for key, value in entry.items() if key != "expected"},
        culprit=expected["culprit"],
        also_right=tuple(expected["also_right"]),
        checks=tuple(expected["checks"]),
    )


def main() -> int:
    """Lists the ids, or writes the one that is named."""
    mutants = {mutant.id: mutant for mutant in load()}
    match sys.argv[1:]:
        case []:
            print("\n".join(mutants))
        case [name, folder] if name in mutants:
            print(write(mutants[name], Path(folder)))
        case _:
            print("usage: python tests/mutants.py [ID FOLDER]", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
