"""A few bytes of a file on the Hub, or of the same file in the cache."""

from __future__ import annotations

import contextlib

from huggingface_hub import hf_hub_url
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers

from ..errors import ProbeError
from ..wire import Context
from .cached import snapshot_folder
from .troubles import patiently


class _EnoughError(Exception):
    """The bytes that were asked for are here."""


class _Sink:
    """What http_get writes to. It ends the answer at the wanted bytes, also where a server sends the whole file."""

    def __init__(self, context: Context, begin: int, wanted: int) -> None:
        self._context = context
        self._begin = begin
        self._wanted = wanted
        self._skipped = 0
        self._bytes = bytearray()

    def write(self, piece: bytes) -> int:
        self._context.check_cancelled()
        self._bytes += piece
        if len(self._bytes) >= self._skipped + self._wanted:
            raise _EnoughError
        return len(piece)

    def tell(self) -> int:
        return self._begin + len(self._bytes)

    def seek(self, _place: int) -> int:
        """Called where the range was ignored: all of the file comes."""
        self._bytes.clear()
        self._skipped = self._begin
        return 0

    def truncate(self) -> int:
        return 0

    def found(self) -> bytes:
        return bytes(self._bytes[self._skipped : self._skipped + self._wanted])


def read_range(context: Context, repo: str, commit: str, name: str, begin: int, end: int) -> bytes:
    """The bytes from `begin` to before `end` of a file that reaches that far. Raises what the library raises."""
    held = snapshot_folder(repo, commit) / name
    if held.is_file():
        with held.open("rb") as file:
            file.seek(begin)
            found = file.read(end - begin)
    else:
        found = patiently(context, lambda: _asked(context, hf_hub_url(repo, name, revision=commit), begin, end))
    if len(found) < end - begin:
        raise ProbeError("checkpoint", f"{name} of {repo} ends before byte {end}, where the Hub lists more")
    return found


def _asked(context: Context, url: str, begin: int, end: int) -> bytes:
    sink = _Sink(context, begin, end - begin)
    # The library moves the range's beginning to `resume_size`. A compressed answer knows no ranges.
    headers = {**build_hf_headers(), "Accept-Encoding": "identity", "Range": f"bytes=0-{end - 1}"}
    with contextlib.suppress(_EnoughError):
        http_get(url, sink, resume_size=begin, headers=headers)  # type: ignore[arg-type,unused-ignore]
    return sink.found()
