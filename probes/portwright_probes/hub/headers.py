"""Headers of safetensors files, without the tensors behind them."""

from __future__ import annotations

import hashlib
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from huggingface_hub.utils import disable_progress_bars

from ..errors import ProbeError
from ..wire import Context
from .cached import snapshot_folder
from .remote_files import RemoteFile, list_files
from .remote_range import read_range
from .troubles import explained, is_offline, patiently

_SIDE_BY_SIDE = 16
_FIRST_BYTES = 100_000  # nearly every header is shorter, and comes with one question
_LENGTH_BYTES = 8
_LONGEST_HEADER_BYTES = 24 << 20  # of one file; the format allows more, and no checkpoint has it
_LONGEST_ANSWER_BYTES = 24 << 20  # an answer is one line
_LONGEST_SAMPLE_BYTES = 1 << 20

Sizes = dict[str, int]


def headers(context: Context, repo: str, commit: str, names: list[str], offline: bool) -> dict[str, Any]:
    """Serves `headers`. ProbeError as `describe`, and `checkpoint` where a file is no safetensors file."""
    disable_progress_bars()
    asked = is_offline(offline)
    try:
        sizes = _sizes(context, repo, commit, names, asked)
        known = [name for name in names if name in sizes]
        found, rest = _read_all(context, repo, commit, known, sizes)
    except Exception as error:
        raise explained(error, repo, None, asked) from error
    folder = snapshot_folder(repo, commit)
    whole = bool(names) and all((folder / name).is_file() for name in names)
    return {"headers": found, "rest": rest, "folder": str(folder) if whole else None}


def sample(context: Context, repo: str, commit: str, pieces: list[dict[str, Any]], offline: bool) -> dict[str, Any]:
    """Serves `sample`. Each piece is `name`, `begin`, `end`."""
    disable_progress_bars()
    asked = is_offline(offline)

    def digest(piece: dict[str, Any]) -> str:
        begin, end = int(piece["begin"]), int(piece["end"])
        if not 0 <= begin < end <= begin + _LONGEST_SAMPLE_BYTES:
            raise ProbeError("bad_request", f"a sample is 1 to {_LONGEST_SAMPLE_BYTES} bytes long")
        return hashlib.sha256(read_range(context, repo, commit, str(piece["name"]), begin, end)).hexdigest()

    try:
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            return {"sha256": list(pool.map(digest, pieces))}
    except Exception as error:
        raise explained(error, repo, None, asked) from error


def _sizes(context: Context, repo: str, commit: str, names: list[str], offline: bool) -> Sizes:
    """Of the files that can be read: those in the cache, and where the network is on all that the Hub lists."""
    folder = snapshot_folder(repo, commit)
    sizes = {name: (folder / name).stat().st_size for name in names if (folder / name).is_file()}
    if offline or len(sizes) == len(names):
        return sizes
    listed: list[RemoteFile] = patiently(context, lambda: list_files(repo, commit))[0]
    return {file.name: file.size for file in listed} | sizes


def _read_all(
    context: Context, repo: str, commit: str, names: list[str], sizes: Sizes
) -> tuple[dict[str, Any], list[str]]:
    """The headers that fit one answer, and the names of the others."""
    found: dict[str, Any] = {}
    total = 0
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        for begin in range(0, len(names), _SIDE_BY_SIDE):
            if total >= _LONGEST_ANSWER_BYTES:
                return found, names[begin:]
            batch = names[begin : begin + _SIDE_BY_SIDE]
            for name, text in zip(
                batch, pool.map(lambda one: _header(context, repo, commit, one, sizes[one]), batch), strict=True
            ):
                found[name] = {"text": text, "data_begin": _LENGTH_BYTES + len(text.encode()), "bytes": sizes[name]}
                total += found[name]["data_begin"]
            context.progress(len(found), len(names))
    return found, []


def _header(context: Context, repo: str, commit: str, name: str, size: int) -> str:
    """The header's text, of a length that the file's size allows."""

    def damaged(what: str) -> ProbeError:
        return ProbeError("checkpoint", f"{name} of {repo} is not a whole safetensors file: {what}")

    if size < _LENGTH_BYTES:
        raise damaged(f"it has {size} bytes")
    first = read_range(context, repo, commit, name, 0, min(size, _FIRST_BYTES))
    (length,) = struct.unpack("<Q", first[:_LENGTH_BYTES])
    if length > size - _LENGTH_BYTES:
        raise damaged(f"its header claims {length} bytes, and {size - _LENGTH_BYTES} follow")
    if length > _LONGEST_HEADER_BYTES:
        raise damaged(f"its header claims {length} bytes, more than the {_LONGEST_HEADER_BYTES} that are read")
    end = _LENGTH_BYTES + length
    text = first[_LENGTH_BYTES:end]
    if end > len(first):
        text += read_range(context, repo, commit, name, len(first), end)
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise damaged("its header is not UTF-8") from None
