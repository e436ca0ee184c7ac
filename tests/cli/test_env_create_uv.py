"""Where uv is on PATH, `env create` asks it, for the CPU build of torch unless the user's settings name an index."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from running import Run

# Notes its words; makes an environment; under the lock that the real one takes "installs" what is named with a version
# by writing its metadata.
_UV = """#!{python}
import fcntl, os, subprocess, sys
from pathlib import Path
words = sys.argv[1:]
with open(os.environ["UV_LOG"], "a") as log:
    print(*words, sep=" ", file=log)
if words[0] == "venv":
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", words[-1]], check=True)
elif os.environ.get("UV_SAYS"):
    print(os.environ["UV_SAYS"], file=sys.stderr)
    sys.exit(int(os.environ.get("UV_STATUS", "0")))
else:
    environment = Path(words[words.index("--python") + 1]).parent.parent
    lock = open(environment / ".lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if "--dry-run" in words:
        sys.exit()
    [site] = (environment / "lib").glob("python3*/site-packages")
    for word in words:
        if "==" in word:
            name, version = word.split("==")
            info = site / f"{{name.replace('-', '_')}}-{{version}}.dist-info"
            info.mkdir(exist_ok=True)
            (info / "METADATA").write_text(f"Name: {{name}}\\nVersion: {{version}}\\n")
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A PATH with the fake uv, which notes what it is asked in uv.log."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "uv").write_text(_UV.format(python=sys.executable), "utf-8")
    (tmp_path / "bin" / "uv").chmod(0o755)
    return {
        "PATH": f"{tmp_path}/bin:/usr/bin:/bin", "UV_LOG": str(tmp_path / "uv.log"),
        "PORTWRIGHT_PYTHON": sys.executable,
    }  # fmt: skip


linux = pytest.mark.skipif(
    not sys.platform.startswith("linux") or Path("/dev/nvidia0").exists(), reason="only on Linux without a GPU"
)


@linux
def test_uv_makes_it_and_takes_the_cpu_build(portwright: Run, tmp_path: Path, env: dict[str, str]) -> None:
    made = portwright("env", "create", "env", "--torch", "2.12.0", env=env)
    assert made.returncode == 0, made.stderr
    asked = (tmp_path / "uv.log").read_text("utf-8").splitlines()
    assert asked[0].startswith("venv ") and asked[0].endswith(f"{tmp_path}/env")
    installs = [line for line in asked if line.startswith("pip install")]
    assert installs and all("--torch-backend=cpu" in line for line in installs)
    assert "torch==2.12.0" in installs[-1] and "mlx[cpu]" in installs[-1]
    assert '"installer": "uv"' in (tmp_path / "env.lock.json").read_text("utf-8")


@linux
@pytest.mark.parametrize("name", ["UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_TORCH_BACKEND", "UV_OFFLINE"])
def test_an_index_of_the_users_own_is_not_overridden(
    portwright: Run, tmp_path: Path, env: dict[str, str], name: str
) -> None:
    assert portwright("env", "create", "env", env={**env, name: "1"}).returncode == 0
    assert "--torch-backend" not in (tmp_path / "uv.log").read_text("utf-8")


@linux
def test_what_uv_would_bring_is_looked_at(portwright: Run, env: dict[str, str]) -> None:
    refused = portwright("env", "create", "env", env={**env, "UV_SAYS": " + nvidia-cublas==13.0"})
    assert refused.returncode == 3 and "only with CUDA" in " ".join(refused.stderr.split())


@pytest.mark.parametrize(
    ("says", "told", "status"),
    [
        ("error: Failed to fetch\\n  Caused by: dns error: failed to lookup", "cannot be reached", 3),
        ("  x No solution found when resolving dependencies", "do not go together", 2),
        ("Because there is no version of transformers==99", "no such version", 2),
        ("error: No space left on device (os error 28)", "the disk is full", 3),
    ],
)
def test_what_uv_says_is_explained(portwright: Run, env: dict[str, str], says: str, told: str, status: int) -> None:
    failed = portwright("env", "create", "env", env={**env, "UV_SAYS": says, "UV_STATUS": "2"})
    assert failed.returncode == status
    assert told in " ".join(failed.stderr.split())
