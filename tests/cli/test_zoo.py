"""`zoo` runs the battery over the types it is given, one row a type, and does not measure a row again that it has."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from running import REPOSITORY, Run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the zoo of this file lies: one test makes it, the other goes on with it."""
    return tmp_path_factory.mktemp("zoo")


def zoo(
    portwright: Run, python: Path, cache: Path, out: Path, types: str, *words: str
) -> subprocess.CompletedProcess[str]:
    return portwright(
        "zoo", "--types", types, "--checks", "load,parity.logits", "--python", python, "--out", out, *words,
        env={"PORTWRIGHT_CACHE": str(cache)}, timeout=300,
    )  # fmt: skip


def test_one_row_a_type_also_of_one_that_ends_the_process(
    portwright: Run, measured_python: Path, shared_cache: Path, folder: Path
) -> None:
    done = zoo(portwright, measured_python, shared_cache, folder, "helium,olmo", "--json")
    assert done.returncode == 1, done.stderr
    zoo_record = json.loads(done.stdout)
    schema = json.loads((REPOSITORY / "schemas" / "zoo.schema.json").read_text("utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(zoo_record)) == []
    rows = {row["id"]: row for row in zoo_record["rows"]}
    assert list(rows) == ["helium", "olmo"]
    assert rows["helium"]["over_floor"] < 3 and rows["helium"]["port"] == "helium"
    # Importing that port calls sys.exit where a package is missing.
    assert rows["olmo"]["verdict"] == "fail" and "SystemExit" in rows["olmo"]["reason"]
    assert (folder / "helium" / "run.json").exists()


def test_a_row_that_is_there_is_not_measured_again(
    portwright: Run, measured_python: Path, shared_cache: Path, folder: Path
) -> None:
    made = (folder / "helium" / "run.json").stat().st_mtime_ns
    table = folder / "zoo.md"
    done = zoo(portwright, measured_python, shared_cache, folder, "helium,olmo", "--resume", "--table", str(table))
    assert [line.split()[0] for line in done.stdout.splitlines()[:2]] == ["helium", "olmo"]
    assert "2 measured: " in done.stdout
    assert (folder / "helium" / "run.json").stat().st_mtime_ns == made
    assert "| `helium` | `helium` |" in table.read_text("utf-8")


def test_a_zoo_of_other_settings_is_not_gone_on_with(
    portwright: Run, measured_python: Path, shared_cache: Path, folder: Path
) -> None:
    done = zoo(portwright, measured_python, shared_cache, folder, "helium", "--resume", "--seed", "1")
    assert done.returncode == 2 and "other settings" in done.stderr


def test_a_type_that_there_is_not(portwright: Run, measured_python: Path, shared_cache: Path, folder: Path) -> None:
    done = zoo(portwright, measured_python, shared_cache, folder / "none", "lama")
    assert done.returncode == 2 and "no model type" in done.stderr


def test_a_table_of_ports(portwright: Run, measured_python: Path, shared_cache: Path, folder: Path) -> None:
    """Two ports of one table; the table is what its schema says, and one that is not is refused."""
    table = folder / "ports.json"
    listed = {"ports": [{"id": "one", "model": "synthetic:helium"}, {"id": "two", "model": "synthetic:helium"}]}
    table.write_text(json.dumps(listed), encoding="utf-8")
    schema = json.loads((REPOSITORY / "schemas" / "ports.schema.json").read_text("utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(listed)) == []
    words = ["zoo", "--ports", table, "--checks", "load,parity.logits", "--python", measured_python, "--jobs", "2"]
    env = {"PORTWRIGHT_CACHE": str(shared_cache)}
    done = portwright(*words, "--out", folder / "table", env=env, timeout=300)
    assert [line.split()[:2] for line in sorted(done.stdout.splitlines())[1:]] == [
        ["one", "installed"],
        ["two", "installed"],
    ]
    table.write_text(json.dumps({"ports": [{"id": "one"}]}), encoding="utf-8")
    assert list(Draft202012Validator(schema).iter_errors({"ports": [{"id": "one"}]})) != []
    done = portwright(*words, "--out", folder / "table", env=env)
    assert done.returncode == 2 and '"model"' in done.stderr
