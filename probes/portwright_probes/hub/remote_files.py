"""The files of a repository, told without fetching them. Their names come from outside and may be hostile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from huggingface_hub import HfApi


@dataclass(frozen=True)
class RemoteFile:
    """One file at one commit. sha256: of files kept outside git, else None. oid: the blob in git."""

    name: str
    size: int
    sha256: str | None
    oid: str

    @property
    def etag(self) -> str:
        """The name of its blob in the cache."""
        return self.sha256 or self.oid

    def as_json(self) -> dict[str, Any]:
        """As answers hold it."""
        return {"name": self.name, "bytes": self.size, "sha256": self.sha256, "oid": self.oid}


def refusal(name: str) -> str | None:
    """Why a file of this name is not touched; None where its name is an ordinary one."""
    if not name or name.startswith("/") or (len(name) > 1 and name[1] == ":"):
        return "an absolute path"
    if "\\" in name:
        return "a backslash in its name"
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        return "a control character in its name"
    if any(part in ("", ".", "..") for part in name.split("/")):
        return "a part '.', '..' or an empty one in its path"
    return None


def list_files(repo: str, commit: str) -> tuple[list[RemoteFile], dict[str, str]]:
    """The files of a commit, sorted, and the names that are refused with the reason for each."""
    files: list[RemoteFile] = []
    refused: dict[str, str] = {}
    for entry in HfApi().list_repo_tree(repo, recursive=True, revision=commit):
        if not hasattr(entry, "size"):
            continue  # a folder
        if reason := refusal(entry.path):
            refused[entry.path] = reason
            continue
        lfs = getattr(entry, "lfs", None)
        sha256, size = (lfs.sha256, lfs.size) if lfs is not None else (None, entry.size)
        files.append(RemoteFile(entry.path, int(size), sha256, entry.blob_id))
    return sorted(files, key=lambda file: file.name), refused
