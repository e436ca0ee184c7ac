"""What fetching a repository would bring, said before anything is fetched."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants
from huggingface_hub.utils import filter_repo_objects

from ..errors import ProbeError
from ..wire import Context
from .cached import cached_commit, held_files, partial_blob, remembered_files, repository_folder, snapshot_folder
from .facts import FIELDS, facts_of, no_facts
from .needed import NEEDED, NOT_NEEDED
from .remote_files import RemoteFile, list_files, refusal
from .troubles import explained, is_offline, patiently


def plan(
    context: Context, repo: str, revision: str | None, include: list[str], exclude: list[str], offline: bool
) -> dict[str, Any]:
    """Serves `plan`. `include` stands in for what a port needs; ProbeError as `locate`."""
    try:
        if is_offline(offline):
            facts, files, refused = _from_cache(repo, revision)
        else:
            facts, files, refused = _from_hub(context, repo, revision)
    except Exception as error:
        raise explained(error, repo, revision, is_offline(offline)) from error
    chosen = choose(files, include, exclude)
    rows = [_row(repo, str(facts["commit"]), file) for file in chosen]
    return {
        **{key: facts[key] for key in ("repo", "commit", "gated", "license")},
        "source": "cache" if is_offline(offline) else "hub",
        "folder": str(snapshot_folder(repo, str(facts["commit"]))),
        "cache": str(constants.HF_HUB_CACHE),
        "free_bytes": free_bytes(Path(constants.HF_HUB_CACHE).expanduser()),
        "files": rows,
        "left_out": [file.as_json() for file in files if file not in chosen],
        "refused": refused,
    }


Found = tuple[dict[str, Any], list[RemoteFile], dict[str, str]]


def _from_hub(context: Context, repo: str, revision: str | None) -> Found:
    api = HfApi()
    info = patiently(context, lambda: api.model_info(repo, revision=revision, expand=FIELDS))
    if info.gated:
        patiently(context, lambda: api.auth_check(repo))
    files, refused = patiently(context, lambda: list_files(repo, info.sha))
    return facts_of(info), files, refused


def _from_cache(repo: str, revision: str | None) -> Found:
    commit = cached_commit(repo, revision)
    if commit is None:
        which = f"{repo}@{revision}" if revision else repo
        raise ProbeError("checkpoint", f"{which} is not in the cache, and the network is switched off")
    known = remembered_files(repo, commit)
    files = held_files(repo, commit) if known is None else known
    refused = {file.name: reason for file in files if (reason := refusal(file.name))}
    return no_facts(repo, commit), [file for file in files if file.name not in refused], refused


def choose(files: list[RemoteFile], include: Iterable[str], exclude: Iterable[str]) -> list[RemoteFile]:
    """The files that are wanted: what a port needs, or with patterns what they say."""
    include, exclude = list(include), list(exclude)
    allowed, ignored = (include, exclude) if include else (NEEDED, [*NOT_NEEDED, *exclude])
    wanted = filter_repo_objects(files, allow_patterns=allowed, ignore_patterns=ignored, key=lambda file: file.name)
    return list(wanted)


def _row(repo: str, commit: str, file: RemoteFile) -> dict[str, Any]:
    """The file and how many of its bytes are here."""
    held = snapshot_folder(repo, commit) / file.name
    blob = repository_folder(repo) / "blobs" / file.etag
    here = 0
    if held.is_file():
        here = held.stat().st_size
    elif blob.is_file():
        here = blob.stat().st_size
    whole = here == file.size and (held.is_file() or blob.is_file())
    if not whole:
        partial = partial_blob(repo, file)
        here = min(file.size, partial.stat().st_size) if partial.is_file() else 0
    return {**file.as_json(), "held": whole, "held_bytes": here}


def free_bytes(folder: Path) -> int:
    """Of the disk that the folder is on, or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free
