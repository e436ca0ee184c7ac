"""Broken ports: one search-and-replace each on a file of the installed mlx-lm, and what a run has to say of it.

`known.json` holds those that the checks were made with, `unseen.json` those that were written by reading the two
libraries, measured once everything else stood, and never tuned for. As a program, `mutants.py ID FOLDER` writes one
and prints its path; without arguments it lists the ids.

In the data, `expected.culprit` is the reference's path of the module whose own code, weight or config is wrong, its
parent only where the parent's own code wires it wrongly. `also_right` holds the answers that are as true where the
two sides cut the work into modules differently (a mask is made by the model and used by the attention; an activation
is a module on one side only). `cause` lists the rows of docs/causes.md that are true of it, "other: …" where the table
has none, and nothing where the check that fails (load, dtype) says all by itself.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
KNOWN = FOLDER / "known.json"
UNSEEN = FOLDER / "unseen.json"

Record = dict[str, Any]


@dataclass(frozen=True)
class Mutant:
    """One broken port and what a run on `checkpoint` has to say about it."""

    id: str
    model_type: str
    file: str
    checkpoint: str
    bug_class: str
    search: str
    replace: str
    culprit: str
    also_right: tuple[str, ...]
    checks: tuple[str, ...]
    causes: tuple[str, ...]
    rope: Record | None  # of a wrong rotation: the config field and the layers that rope.sweep names
    missed: str = ""  # why another culprit is blamed so far; it counts as missed wherever it is measured


def load(data: Path = KNOWN) -> list[Mutant]:
    """All of a file, in its order."""
    return [_mutant(entry) for entry in json.loads(data.read_text(encoding="utf-8"))["mutants"]]


def tested_version(data: Path = KNOWN) -> str:
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


def write_table(chosen: Iterable[Mutant], folder: Path, right: Iterable[str] = ()) -> Path:
    """Writes broken ports below `folder` and the table that `zoo --ports` reads, with rows of their ids.

    `right`: checkpoints whose installed port is a row as well, named as the checkpoint.
    """
    ports = [{"id": checkpoint, "model": checkpoint} for checkpoint in right]
    for mutant in chosen:
        port = write(mutant, folder / mutant.id).relative_to(folder)
        ports.append({"id": mutant.id, "model": mutant.checkpoint, "port": str(port)})
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / "ports.json"
    out.write_text(json.dumps({"ports": ports}, indent=1), encoding="utf-8")
    return out


Told = list[tuple[str, str]]  # a module and the name of what explains it, or nothing


def told(run: Record) -> Told:
    """What the failed checks say, in their order: the culprit with its causes, then other bugs of the same check."""
    said: Told = []
    for check in run["checks"]:
        if check["verdict"] != "fail":
            continue
        culprit = (check["culprit"] or {}).get("module", "")
        causes = [(cause.get("module", culprit), cause["name"]) for cause in check["causes"]]
        if culprit and (not causes or causes[0][0] != culprit):
            said.append((culprit, ""))
        said += causes
        named = {module for module, _ in said}
        others = [finding["module"] for finding in check["measured"].get("findings", [])]
        said += [(module, "") for module in others if module not in named]
    return said


def modules_told(run: Record, unbroken: Record | None) -> list[str]:
    """The modules that are blamed, in their order; see `_anew`."""
    return [module for module, _ in _anew(run, unbroken, lambda one: bool(one[0]))]


def causes_told(run: Record, unbroken: Record | None) -> list[str]:
    """The names of the causes, in their order; see `_anew`."""
    return [cause for _, cause in _anew(run, unbroken, lambda one: bool(one[1]))]


def _anew(run: Record, unbroken: Record | None, counts: Callable[[tuple[str, str]], bool]) -> Told:
    """What is said beyond what the installed port has to hear as well, where that is wrong itself; else everything."""
    everything = [one for one in told(run) if counts(one)]
    before = set() if unbroken is None else set(told(unbroken))
    return [one for one in everything if one not in before] or everything


def complaint(mutant: Mutant, run: Record, unbroken: Record | None = None) -> str:
    """What the run should have said of this port and did not; nothing where it is right."""
    if not is_killed(mutant, run):
        failed = sorted(check["id"] for check in run["checks"] if check["verdict"] == "fail")
        return f"it fails {failed or 'nothing'}, not one of {sorted(mutant.checks)}"
    if not is_exact(mutant, run, unbroken):
        return f"it blames {next(iter(modules_told(run, unbroken)), 'nobody')}, not {mutant.culprit}"
    return ""


def is_killed(mutant: Mutant, run: Record) -> bool:
    """Whether a check that can see the bug failed."""
    failed = {check["id"] for check in run["checks"] if check["verdict"] == "fail"}
    return run["verdict"] == "fail" and bool(failed & set(mutant.checks))


def is_exact(mutant: Mutant, run: Record, unbroken: Record | None = None) -> bool:
    """Whether the first culprit is the expected one or one that is as true.

    `unbroken`: the run of the installed port on the same checkpoint, where that is wrong itself.
    """
    return modules_told(run, unbroken)[:1] in [[path] for path in (mutant.culprit, *mutant.also_right)]


def has_cause(mutant: Mutant, run: Record, unbroken: Record | None = None) -> bool:
    """Whether the first cause that is named, of the culprit or by rope.sweep, is one that is true."""
    return causes_told(run, unbroken)[:1] in [[cause] for cause in mutant.causes]


def installed_models() -> Path:
    """The folder `models` of the mlx-lm that this interpreter would import."""
    spec = importlib.util.find_spec("mlx_lm")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("mlx_lm is not installed for this Python")
    return Path(spec.submodule_search_locations[0]) / "models"


def _mutant(entry: Record) -> Mutant:
    expected = entry["expected"]
    return Mutant(
        **{key: entry[key] for key in ("id", "model_type", "file", "checkpoint", "search", "replace")},
        bug_class=entry["class"],
        culprit=expected["culprit"],
        also_right=tuple(expected["also_right"]),
        checks=tuple(expected["checks"]),
        causes=tuple(expected["cause"]),
        rope=expected.get("rope"),
        missed=entry.get("missed", ""),
    )


def main() -> int:
    """Lists the ids, or writes the one that is named."""
    mutants = {mutant.id: mutant for file in (KNOWN, UNSEEN) for mutant in load(file)}
    match sys.argv[1:]:
        case []:
            print("\n".join(mutants))
        case [name, folder] if name in mutants:
            print(write(mutants[name], Path(folder)))
        case _:
            print("usage: python bench/mutants/mutants.py [ID FOLDER]", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
