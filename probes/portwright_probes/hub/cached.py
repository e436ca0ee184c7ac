"""Where the standard cache keeps a repository (its layout is documented: refs, snapshots, blobs)."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.file_download import repo_folder_name

from .remote_files import RemoteFile

_COMMIT_LETTERS = 40
_SHA256_LETTERS = 64


def repository_folder(repo: str) -> Path:
    """The folder of all that is cached of a repository; it may be missing."""
    cache: Path = Path(constants.HF_HUB_CACHE).expanduser()
    return cache / str(repo_folder_name(repo_id=repo, repo_type="model"))


def snapshot_folder(repo: str, commit: str) -> Path:
    """The folder of one commit's files; it may be missing."""
    return repository_folder(repo) / "snapshots" / commit


def cached_commit(repo: str, revision: str | None) -> str | None:
    """The commit that a revision was when it was fetched last; None where nothing is cached of it."""
    named = revision or constants.DEFAULT_REVISION
    if len(named) == _COMMIT_LETTERS and snapshot_folder(repo, named).is_dir():
        return named
    ref = repository_folder(repo) / "refs" / named
    if ".." in named.split("/") or not ref.is_file():
        return None
    commit = ref.read_text(encoding="utf-8", errors="replace").strip()
    return commit if commit.isalnum() and snapshot_folder(repo, commit).is_dir() else None


def remember_revision(repo: str, revision: str | None, commit: str) -> None:
    """Notes what a branch or tag was, as the library does, so that it is found when the network is switched off."""
    named = revision or constants.DEFAULT_REVISION
    if named == commit or not snapshot_folder(repo, commit).is_dir():
        return
    ref = repository_folder(repo) / "refs" / named
    if ".." in named.split("/") or named.startswith("/"):
        return
    with contextlib.suppress(OSError):  # a cache that cannot be written is still read
        ref.parent.mkdir(parents=True, exist_ok=True)
        beside = ref.with_name(f"{ref.name}.{os.getpid()}")
        beside.write_text(commit, encoding="utf-8")
        beside.replace(ref)


def remembered_files(repo: str, commit: str) -> list[RemoteFile] | None:
    """All files of a commit as the Hub listed them at an earlier fetch; None where that is not known."""
    read = getattr(huggingface_hub, "get_cached_repo_tree", None)  # since huggingface_hub 2
    if read is None:
        return None
    try:
        entries = read(repo, revision=commit)
    except Exception:  # none is remembered
        return None
    files = [RemoteFile(entry.path, int(entry.size), None, entry.blob_id) for entry in entries]
    return sorted(files, key=lambda file: file.name)


def held_files(repo: str, commit: str) -> list[RemoteFile]:
    """The files of a commit that the cache holds, sorted."""
    folder = snapshot_folder(repo, commit)
    files = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            blob = path.resolve().name
            sha256 = blob if len(blob) == _SHA256_LETTERS else None
            files.append(RemoteFile(path.relative_to(folder).as_posix(), path.stat().st_size, sha256, blob))
    return files


def blob_file(repo: str, file: RemoteFile) -> Path:
    """Where the cache keeps the file's content."""
    return repository_folder(repo) / "blobs" / file.etag


def partial_blob(repo: str, file: RemoteFile) -> Path:
    """Where the beginning of a file waits for the rest of it."""
    return repository_folder(repo) / "blobs" / f"{file.etag}.portwright.incomplete"


def lock_file(repo: str, file: RemoteFile) -> Path:
    """The lock that huggingface_hub itself takes to write this content."""
    locks: Path = Path(constants.HF_HUB_CACHE).expanduser() / ".locks"
    return locks / repository_folder(repo).name / f"{file.etag}.lock"
