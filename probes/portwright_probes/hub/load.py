"""Brings planned files into the standard cache: large ones in parts that a later call goes on with, all hashes checked.

huggingface_hub removes what it has of a file when it is interrupted, which for weights is gigabytes. So the large files
are brought here, by the library's own function for ranges, under its lock, to the place where it looks for them; it
then finds them and makes the snapshot.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import filelock
from huggingface_hub import HfApi, constants, hf_hub_url, snapshot_download
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import WeakFileLock, build_hf_headers, disable_progress_bars

from ..errors import ProbeError
from ..wire import Context
from .cached import blob_file, lock_file, partial_blob, remember_revision, snapshot_folder
from .partial_file import PartialFile
from .remote_files import RemoteFile, list_files
from .troubles import explained, patiently
from .verify import check_held, move_away

_SIDE_BY_SIDE = 4
_LARGEST_IN_PARTS = int(getattr(constants, "MAX_HTTP_DOWNLOAD_SIZE", 50_000_000_000))  # the rest the library fetches
_SECONDS_BETWEEN = 0.2
# The library hands on 10 MB at once, which on a slow line is minutes without progress, and lost with the connection.
_PIECE_BYTES = 1 << 18


class Arrivals:
    """The bytes of all files together, told to the engine; stops every file when one failed."""

    def __init__(self, context: Context, of: int) -> None:
        self._context = context
        self._of = of
        self._done = 0
        self._told = 0.0
        self._lock = threading.Lock()
        self.failed = threading.Event()

    def add(self, count: int) -> None:
        """Counts bytes that are there."""
        self.check()
        with self._lock:
            self._done += count
            if time.monotonic() - self._told >= _SECONDS_BETWEEN:
                self._told = time.monotonic()
                self._context.progress(max(0, min(self._done, self._of)), self._of)

    def check(self) -> None:
        """Raises where nobody waits for the files any more."""
        self._context.check_cancelled()
        if self.failed.is_set():
            raise ProbeError("cancelled", "another file failed")


def load(
    context: Context, repo: str, revision: str | None, commit: str, names: list[str], verify: bool
) -> dict[str, Any]:
    """Serves `load`. `verify`: also hash what the cache held before. ProbeError as `locate`, and `disk`."""
    disable_progress_bars()
    constants.DOWNLOAD_CHUNK_SIZE = _PIECE_BYTES
    try:
        listed, _ = patiently(context, lambda: list_files(repo, commit))
        files = [file for file in listed if file.name in set(names)]
        if missing := sorted(set(names) - {file.name for file in files}):
            raise ProbeError("checkpoint", f"{repo} has no file {missing[0]!r} at {commit}")
        return _load(context, repo, revision, commit, files, verify)
    except Exception as error:
        raise explained(error, repo, revision, False) from error


def _load(
    context: Context, repo: str, revision: str | None, commit: str, files: list[RemoteFile], verify: bool
) -> dict[str, Any]:
    arrivals = Arrivals(context, sum(file.size for file in files))
    held = [file for file in files if check_held(repo, commit, file, hashed=verify)]
    for file in held:
        arrivals.add(file.size)
    loaded = [file for file in files if file not in held]
    small = [file for file in loaded if file.sha256 is None]
    large = [file for file in loaded if file.sha256 is not None and file.size <= _LARGEST_IN_PARTS]
    _assemble(context, repo, commit, small)
    remember_revision(repo, revision, commit)
    resumed = _bring_all(context, repo, commit, large, arrivals)
    _assemble(context, repo, commit, files)
    for file in loaded:
        if not (snapshot_folder(repo, commit) / file.name).exists():
            raise ProbeError("environment", f"the Hub gave no answer about {file.name} of {repo}")
        if not check_held(repo, commit, file, hashed=file not in large):
            raise _damaged(repo, file)
    remember_revision(repo, revision, commit)
    return {
        "folder": str(snapshot_folder(repo, commit)),
        "commit": commit,
        "files": len(files),
        "loaded_bytes": sum(file.size for file in loaded) - resumed,
        "resumed_bytes": resumed,
        "held_bytes": sum(file.size for file in held),
        "verified": len(loaded) + (len(held) if verify else 0),
        "moved_to": _moved_to(repo, revision, commit),
    }


def _assemble(context: Context, repo: str, commit: str, files: list[RemoteFile]) -> None:
    """Lets the library fetch what is not here and make the snapshot of these files."""
    if files:
        names = [glob.escape(file.name) for file in files]
        patiently(context, lambda: snapshot_download(repo, revision=commit, allow_patterns=names))


def _bring_all(context: Context, repo: str, commit: str, files: list[RemoteFile], arrivals: Arrivals) -> int:
    """Some side by side; the first error stops the others and is raised. Returns the bytes that were there before."""

    def bring(file: RemoteFile) -> int | Exception:
        try:
            return _bring(context, repo, commit, file, arrivals)
        except Exception as error:
            stopped = arrivals.failed.is_set()
            arrivals.failed.set()
            return ProbeError("cancelled", "another file failed") if stopped else error

    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        results = list(pool.map(bring, files))
    context.check_cancelled()
    errors = [result for result in results if isinstance(result, Exception)]
    for error in errors:
        if not (isinstance(error, ProbeError) and error.kind == "cancelled"):
            raise error
    return sum(result for result in results if isinstance(result, int))


def _bring(context: Context, repo: str, commit: str, file: RemoteFile, arrivals: Arrivals) -> int:
    arrivals.check()
    with _locked(lock_file(repo, file), arrivals):
        if blob_file(repo, file).exists():  # equal files of two names, or somebody else was faster
            arrivals.add(file.size)
            return 0
        resumed = _bring_parts(context, repo, commit, file, arrivals)
        if resumed is None:  # what lay there from before was damaged: once more, from the beginning
            resumed = _bring_parts(context, repo, commit, file, arrivals)
        if resumed is None:
            raise _damaged(repo, file)
        return resumed


def _bring_parts(context: Context, repo: str, commit: str, file: RemoteFile, arrivals: Arrivals) -> int | None:
    """Returns the bytes that were there before; None where the file came out damaged, which is then moved away."""
    url = hf_hub_url(repo, file.name, revision=commit)
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}  # a compressed answer knows no ranges
    partial = partial_blob(repo, file)
    with PartialFile(partial, file.size, arrivals.add) as growing:

        def go_on() -> None:
            http_get(url, growing, resume_size=growing.bytes, headers=headers, expected_size=file.size)  # type: ignore[arg-type,unused-ignore]

        try:
            patiently(context, go_on)
        except OSError as error:
            raise _broken_off(error, file) from error
        whole, resumed = growing.sha256() == file.sha256, growing.resumed
    if whole:
        partial.replace(blob_file(repo, file))
        return resumed
    move_away(repo, file, partial)
    arrivals.add(-file.size)
    if resumed == 0:
        raise _damaged(repo, file)
    return None


@contextlib.contextmanager
def _locked(path: Path, arrivals: Arrivals) -> Iterator[None]:
    """Waits for the lock of one content, and looks now and then whether anybody still wants it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        while True:
            try:
                stack.enter_context(WeakFileLock(str(path), timeout=1))
                break
            except filelock.Timeout:
                arrivals.check()
        yield


def _broken_off(error: OSError, file: RemoteFile) -> OSError | ProbeError:
    """What stopped the bytes of a file, in words of this worker where the library's say little."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return ProbeError("disk", f"there is no room for {file.name} on the disk of {constants.HF_HUB_CACHE}")
    if error.errno is None and not isinstance(
        error, HfHubHTTPError
    ):  # the library compares what came with what was announced
        return ProbeError("environment", f"the Hub ended {file.name} before all of it had come")
    return error


def _damaged(repo: str, file: RemoteFile) -> ProbeError:
    return ProbeError(
        "checkpoint",
        f"{file.name} of {repo} did not arrive as the Hub lists it (another hash): it was moved away, and the same "
        "command fetches it again",
    )


def _moved_to(repo: str, revision: str | None, commit: str) -> str | None:
    """Where the branch points now, if that is no longer what was fetched."""
    if revision == commit:
        return None
    try:
        now = HfApi().model_info(repo, revision=revision, expand=["sha"]).sha
    except Exception:  # a hint is not worth an error
        return None
    return None if now == commit else now
