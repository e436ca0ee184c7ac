"""`env create` makes an environment with the real venv and pip out of tiny wheels, locks it, and leaves it alone."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from running import REPOSITORY, Run
from tiny_wheels import git, pinned, write_project, write_wheel, write_wheels

Environment = dict[str, str]


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Variables with which pip knows nothing but the tiny wheels, and no uv is found."""
    wheels = tmp_path_factory.mktemp("wheels")
    write_wheels(wheels)
    return {
        "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": "/dev/null", "PIP_CONSTRAINT": "",
        "PIP_EXTRA_INDEX_URL": "", "PATH": "/usr/bin:/bin", "PORTWRIGHT_PYTHON": sys.executable,
    }  # fmt: skip


def lock_of(folder: Path) -> dict[str, Any]:
    """The lock beside an environment, which its schema accepts."""
    lock = json.loads(Path(f"{folder}.lock.json").read_text("utf-8"))
    schema = json.loads((REPOSITORY / "schemas" / "environment.schema.json").read_text("utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(lock)] == []
    return dict(lock)


def findings_of(portwright: Run, python: Path) -> dict[str, dict[str, str]]:
    text = portwright("doctor", "--python", python, "--json").stdout
    return {finding["id"]: finding for finding in json.loads(text)["findings"]}


def test_made_locked_and_left_alone(portwright: Run, tmp_path: Path, offline: Environment) -> None:
    made = portwright("env", "create", "env", env=offline)
    assert made.returncode == 0, made.stderr
    lock = lock_of(tmp_path / "env")
    assert {lock["packages"][name] for name in ("mlx", "mlx-cpu")} == {pinned("mlx")}
    for name in ("mlx-lm", "transformers", "torch", "numpy", "gguf"):
        assert lock["packages"][name] == pinned(name)
    assert lock["installer"] == "pip" and lock["checkouts"] == []

    before = (tmp_path / "env.lock.json").stat().st_mtime_ns
    begun = time.monotonic()
    again = portwright("env", "create", "env", env=offline)
    took = time.monotonic() - begun
    assert again.returncode == 0 and "nothing was done" in again.stdout and again.stderr == ""
    assert (tmp_path / "env.lock.json").stat().st_mtime_ns == before
    assert took < 5  # a second on an idle machine

    document = json.loads(portwright("env", "create", "env", "--json", env=offline).stdout)
    assert document["reused"] is True and Path(document["executable"]).exists()

    findings = findings_of(portwright, tmp_path / "env" / "bin" / "python")
    assert findings["environment.lock"]["level"] == "ok"
    assert findings["package.mlx-lm"]["level"] == "ok"
    assert [name for name in findings if name.startswith(("environment.", "needs."))] == ["environment.lock"]


def test_another_version_is_put_there_and_what_is_changed_by_hand_is_told(
    portwright: Run, tmp_path: Path, offline: Environment
) -> None:
    python = tmp_path / "env" / "bin" / "python"
    assert portwright("env", "create", "env", env=offline).returncode == 0
    changed = portwright("env", "create", "env", "--mlx-lm", "0.30.0", env=offline)
    assert changed.returncode == 0, changed.stderr
    assert lock_of(tmp_path / "env")["packages"]["mlx-lm"] == "0.30.0"
    assert findings_of(portwright, python)["package.mlx-lm"]["level"] == "warn"

    [jinja] = (tmp_path / "env" / "lib").glob("python3*/site-packages/jinja2-*.dist-info")
    for file in jinja.iterdir():
        file.unlink()
    jinja.rmdir()
    findings = findings_of(portwright, python)
    assert "jinja2 is gone" in findings["environment.lock"]["sentence"]
    assert findings["needs.jinja2"]["level"] == "missing" and "install jinja2" in findings["needs.jinja2"]["remedy"]
    assert portwright("env", "create", "env", "--mlx-lm", "0.30.0", env=offline).returncode == 0
    assert "needs.jinja2" not in findings_of(portwright, python)


def test_editable_checkouts(portwright: Run, tmp_path: Path, offline: Environment) -> None:
    first = write_project(tmp_path / "upstream.git", "mlx-lm", "0.33.0")
    write_project(tmp_path / "transformers", "transformers", "5.24.0")
    (tmp_path / "transformers" / "backend.py").write_text(
        (tmp_path / "transformers" / "backend.py").read_text("utf-8") + "# changed\n", "utf-8"
    )
    words = ["env", "create", "env", "--mlx-lm", f"{tmp_path}/upstream.git@main", "--transformers", "./transformers"]
    made = portwright(*words, env=offline)
    assert made.returncode == 0, made.stderr
    lock = lock_of(tmp_path / "env")
    checkouts = {row["package"]: row for row in lock["checkouts"]}
    assert checkouts["mlx-lm"]["commit"] == first and checkouts["mlx-lm"]["dirty"] is False
    assert checkouts["mlx-lm"]["folder"] == str(tmp_path / "env.checkouts" / "mlx-lm")
    assert checkouts["transformers"]["folder"] == str(tmp_path / "transformers")
    assert checkouts["transformers"]["dirty"] is True
    assert lock["packages"]["mlx-lm"] == "0.33.0"
    assert "nothing was done" in portwright(*words, env=offline).stdout

    git(tmp_path / "transformers", "commit", "--quiet", "-am", "two")
    python = tmp_path / "env" / "bin" / "python"
    told = findings_of(portwright, python)["environment.lock"]
    assert told["level"] == "warn" and "the checkout of transformers is at" in told["sentence"]
    (tmp_path / "transformers").rename(tmp_path / "moved")
    gone = findings_of(portwright, python)["environment.editable.transformers"]
    assert gone["level"] == "missing" and str(tmp_path / "transformers") in gone["sentence"]


def test_a_branch_without_an_address_is_of_the_packages_own_repository(
    portwright: Run, tmp_path: Path, offline: Environment
) -> None:
    commit = write_project(tmp_path / "upstream", "mlx-lm", "0.33.0")
    settings = tmp_path / "gitconfig"
    settings.write_text(f'[url "{tmp_path}/upstream"]\n insteadOf = https://github.com/ml-explore/mlx-lm\n', "utf-8")
    env = {**offline, "GIT_CONFIG_GLOBAL": str(settings)}
    made = portwright("env", "create", "env", "--mlx-lm", commit[:12], env=env)
    assert made.returncode == 0, made.stderr
    assert lock_of(tmp_path / "env")["checkouts"][0]["commit"] == commit
    wrong = portwright("env", "create", "env", "--mlx-lm", "no-such-branch", env=env)
    assert wrong.returncode == 2 and "has no branch, tag or commit 'no-such-branch'" in " ".join(wrong.stderr.split())


def test_what_is_not_ours_is_left_alone(portwright: Run, tmp_path: Path, offline: Environment) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("kept", "utf-8")
    refused = portwright("env", "create", "full", env=offline)
    assert refused.returncode == 2 and "did not make" in refused.stderr
    assert [file.name for file in (tmp_path / "full").iterdir()] == ["mine"]
    assert portwright("env", "create", "full/mine", env=offline).returncode == 2
    (tmp_path / "empty").mkdir()
    assert portwright("env", "create", "empty", env=offline).returncode == 0


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--mlx-lm", "./nowhere", "there is no such folder"),
        ("--mlx-lm", ".", "it is no Python project"),
        ("--mlx-lm", "ext::sh -c id", "no address"),
        ("--transformers", "-x", ""),
        ("--torch", "main", "it is no version"),
        ("--torch", ".", ""),
        ("--mlx-lm", "https://example.org/a.git@", "after '@'"),
    ],
)
def test_what_is_no_source_is_refused_before_anything_is_made(
    portwright: Run, tmp_path: Path, offline: Environment, option: str, value: str, said: str
) -> None:
    refused = portwright("env", "create", "env", option, value, env=offline)
    assert refused.returncode == 2
    assert said in " ".join(refused.stderr.split())
    assert not (tmp_path / "env").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="torch has CUDA builds on Linux")
@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="with a GPU the CUDA build is what is wanted")
def test_torch_with_cuda_is_not_taken_unasked(portwright: Run, tmp_path: Path, offline: Environment) -> None:
    wheels = tmp_path / "wheels"
    write_wheels(wheels)
    write_wheel(wheels, "torch", pinned("torch"), "Requires-Dist: nvidia-cublas")
    write_wheel(wheels, "nvidia-cublas", "13.0")
    env = {**offline, "PIP_FIND_LINKS": str(wheels)}
    refused = portwright("env", "create", "env", env=env)
    assert refused.returncode == 3
    assert "only with CUDA" in " ".join(refused.stderr.split()) and "PORTWRIGHT_TORCH_INDEX" in refused.stderr
    taken = portwright("env", "create", "env", env={**env, "PORTWRIGHT_ALLOW_CUDA_TORCH": "1"})
    assert taken.returncode == 0, taken.stderr
    cuda = findings_of(portwright, tmp_path / "env" / "bin" / "python")["package.torch.cuda"]
    assert cuda["level"] == "warn" and "no GPU" in cuda["sentence"]
