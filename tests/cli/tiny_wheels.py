"""Empty packages under the names that an environment needs, so that the real pip installs them offline in seconds."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

from running import REPOSITORY

# A build backend that lies beside the project it builds: an editable installation then needs no index.
_BACKEND = """
import zipfile
from pathlib import Path

NAME, VERSION = {name!r}, {version!r}

def _wheel(folder):
    distribution = NAME.replace("-", "_")
    info = f"{{distribution}}-{{VERSION}}.dist-info"
    with zipfile.ZipFile(Path(folder) / f"{{distribution}}-{{VERSION}}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{{distribution}}.pth", str(Path.cwd()))
        wheel.writestr(f"{{info}}/METADATA", f"Metadata-Version: 2.1\\nName: {{NAME}}\\nVersion: {{VERSION}}\\n")
        wheel.writestr(f"{{info}}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{{info}}/RECORD", "")
    return f"{{distribution}}-{{VERSION}}-py3-none-any.whl"

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _wheel(wheel_directory)

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return _wheel(wheel_directory)
"""


def pinned(name: str) -> str:
    """The version of a package that requirements/constraints.txt pins."""
    for line in (REPOSITORY / "requirements" / "constraints.txt").read_text("utf-8").splitlines():
        if line.startswith(f"{name}=="):
            return line.split("==")[1]
    raise KeyError(name)


def write_wheel(folder: Path, name: str, version: str, *fields: str) -> None:
    """Write a wheel that holds one empty package; `fields` are further lines of its metadata."""
    package = name.replace("-", "_")
    info = f"{package}-{version}.dist-info"
    metadata = "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *fields]) + "\n"
    files = {
        f"{package}/__init__.py": "",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tiny\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{package}-{version}-py3-none-any.whl", "w") as wheel:
        for file, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(file, text)


def write_wheels(folder: Path) -> None:
    """Write everything that the tested set asks for, and an older mlx-lm."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("mlx-lm", "transformers", "torch", "mlx-cpu", "numpy", "safetensors", "gguf", "tokenizers", "jinja2"):
        needs = ["Requires-Dist: jinja2", "Requires-Dist: tokenizers"] if name == "transformers" else []
        write_wheel(folder, name, pinned(name), *needs)
    cpu = f"Requires-Dist: mlx-cpu=={pinned('mlx')}; extra == 'cpu'"
    write_wheel(folder, "mlx", pinned("mlx"), "Provides-Extra: cpu", cpu)
    write_wheel(folder, "mlx-lm", "0.30.0")


def git(folder: Path, *words: str) -> str:
    """What git answers in a folder."""
    name = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", "-C", folder, *name, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def write_project(folder: Path, name: str, version: str) -> str:
    """Write a project that pip installs editable, as a git repository; give its commit."""
    package = folder / name.replace("-", "_")
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", "utf-8")
    (folder / "backend.py").write_text(_BACKEND.format(name=name, version=version), "utf-8")
    build = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (folder / "pyproject.toml").write_text(f'{build}[project]\nname = "{name}"\nversion = "{version}"\n', "utf-8")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    return git(folder, "rev-parse", "HEAD")
