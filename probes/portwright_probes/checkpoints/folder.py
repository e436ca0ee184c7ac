"""A checkpoint's folder that is there completely or not at all, and knows its own bytes.

`portwright.json` in it holds the recipe and the sha256 of every file. All files carry one fixed time of modification:
where size and time are as recorded nothing is read again, and the same recipe gives the same folder, record included.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import ProbeError

RECORD = "portwright.json"
SCHEMA = "portwright.checkpoint/1"

_STAMP = 1735689600  # 2025-01-01T00:00:00Z
_ABANDONED_SECONDS = 3600.0

Recipe = dict[str, Any]


def provide(out: Path, recipe: Recipe, make: Callable[[Path], None]) -> dict[str, Any]:
    """Makes sure that `out` holds what `recipe` describes; `make` writes the files into the empty folder it is given.

    `recipe["model"]` names the checkpoint. A folder that already holds it, unchanged, stays; one that holds it
    changed or of an older recipe is made again; any other folder that is not empty is left alone and refused. Two
    processes may do this at once. Returns `{"folder", "made", "files": {name: {"bytes", "sha256"}}}`. Raises
    ProbeError (`disk`, `checkpoint`, or what `make` raises).
    """
    try:
        return _provide(out, recipe, make)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
        raise ProbeError("disk" if full else "checkpoint", f"cannot write {out}: {error.strerror or error}") from error


def _provide(out: Path, recipe: Recipe, make: Callable[[Path], None]) -> dict[str, Any]:
    found = _unchanged(out, recipe)
    if found is not None:
        return {"folder": str(out), "made": False, "files": found}
    if not _replaceable(out, recipe):
        sentence = f"{out} is not empty and does not hold {recipe['model']}; name another folder or remove it"
        raise ProbeError("checkpoint", sentence)

    out.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(out)
    scratch = Path(tempfile.mkdtemp(prefix=_scratch_prefix(out), dir=out.parent))
    try:
        made = scratch / "new"
        made.mkdir()
        make(made)
        files = _seal(made, recipe)
        if not _move_into_place(made, out, scratch, recipe):
            return {"folder": str(out), "made": False, "files": files}
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return {"folder": str(out), "made": True, "files": files}


def _unchanged(out: Path, recipe: Recipe) -> dict[str, Any] | None:
    """The recorded files, where `out` was made by exactly this recipe and still holds their bytes."""
    record = _record(out)
    if record is None or record.get("recipe") != recipe:
        return None
    files: dict[str, Any] = record["files"]
    for name, expected in files.items():
        path = out / name
        try:
            status = path.stat()
            if status.st_size != expected["bytes"]:
                return None
            if int(status.st_mtime) != _STAMP:
                if sha256_of(path) != expected["sha256"]:
                    return None
                _restamp(path)
        except OSError:
            return None
    return files


def _record(out: Path) -> dict[str, Any] | None:
    try:
        record = json.loads((out / RECORD).read_text(encoding="utf-8"))
        return record if record["schema"] == SCHEMA and isinstance(record["files"], dict) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _replaceable(out: Path, recipe: Recipe) -> bool:
    if not out.exists():
        return True
    record = _record(out)
    if record is not None:
        return bool(record.get("recipe", {}).get("model") == recipe["model"])
    return out.is_dir() and not any(out.iterdir())


def _seal(folder: Path, recipe: Recipe) -> dict[str, Any]:
    names = sorted(path.name for path in folder.iterdir())
    files = {name: {"bytes": (folder / name).stat().st_size, "sha256": sha256_of(folder / name)} for name in names}
    write_json(folder / RECORD, {"schema": SCHEMA, "recipe": recipe, "files": files})
    for name in [*names, RECORD]:
        (folder / name).chmod(0o644)  # safetensors writes for the owner alone
        os.utime(folder / name, (_STAMP, _STAMP))
    return files


def _move_into_place(made: Path, out: Path, scratch: Path, recipe: Recipe) -> bool:
    """False where another process has meanwhile put the same checkpoint there."""
    try:
        made.rename(out)
        return True
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
    if _unchanged(out, recipe) is not None:
        return False
    out.rename(scratch / "old")
    made.rename(out)
    return True


def _scratch_prefix(out: Path) -> str:
    return f".{out.name}.making-"


def _remove_abandoned(out: Path) -> None:
    """What a killed process left beside `out` would otherwise stay for ever."""
    for path in out.parent.glob(_scratch_prefix(out) + "*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


def _restamp(path: Path) -> None:
    with suppress(OSError):  # a read-only folder is hashed every time
        os.utime(path, (_STAMP, _STAMP))


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Writes `value` with two spaces of indentation and a final line end, in the order it has."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
