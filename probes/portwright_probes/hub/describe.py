"""One repository told without its weights: the page's facts, the files, the small texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache
from huggingface_hub.errors import GatedRepoError

from ..errors import ProbeError
from ..wire import Context
from .cached import cached_commit, held_files, remember_revision, remembered_files
from .facts import FIELDS, facts_of, no_facts
from .remote_files import RemoteFile, list_files, refusal
from .troubles import explained, how_to_open, is_offline, patiently

USUAL_TEXTS = ["config.json", "generation_config.json", "tokenizer_config.json"]
_LONGEST_TEXT_BYTES = 16 << 20


def describe(
    context: Context, repo: str, revision: str | None, texts: list[str] | None, offline: bool
) -> dict[str, Any]:
    """Serves `describe`. The texts go into the standard cache. ProbeError as `locate`."""
    wanted = USUAL_TEXTS if texts is None else texts
    try:
        if is_offline(offline):
            return _from_cache(repo, revision, wanted)
        info = patiently(context, lambda: HfApi().model_info(repo, revision=revision, expand=FIELDS))
        files, refused = patiently(context, lambda: list_files(repo, info.sha))
        read, unread = _read_texts(context, repo, info.sha, files, wanted)
        remember_revision(repo, revision, info.sha)
    except Exception as error:
        raise explained(error, repo, revision, is_offline(offline)) from error
    listed = {"files": [file.as_json() for file in files], "refused": refused}
    return {**facts_of(info), **listed, "texts": read, "unread": unread, "source": "hub"}


def _read_texts(
    context: Context, repo: str, commit: str, files: list[RemoteFile], wanted: list[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The texts by name, and why one that is there could not be read."""
    read: dict[str, str] = {}
    unread: dict[str, str] = {}
    for file in files:
        if file.name not in wanted:
            continue
        context.check_cancelled()
        if file.size > _LONGEST_TEXT_BYTES:
            unread[file.name] = f"{file.name} has {file.size} bytes, more than a text of this kind has"
            continue
        try:
            path = patiently(context, lambda name=file.name: hf_hub_download(repo, name, revision=commit))  # type: ignore[misc]
        except GatedRepoError:
            unread[file.name] = how_to_open(repo)
            continue
        read[file.name] = Path(path).read_text(encoding="utf-8", errors="replace")
    return read, unread


def _from_cache(repo: str, revision: str | None, wanted: list[str]) -> dict[str, Any]:
    commit = cached_commit(repo, revision)
    if commit is None:
        which = f"{repo}@{revision}" if revision else repo
        raise ProbeError("checkpoint", f"{which} is not in the cache, and the network is switched off")
    files, refused = _cached_files(repo, commit)
    read: dict[str, str] = {}
    unread: dict[str, str] = {}
    for name in wanted:
        if refusal(name):
            continue
        path = try_to_load_from_cache(repo, name, revision=commit)
        if isinstance(path, str):
            read[name] = Path(path).read_text(encoding="utf-8", errors="replace")
        elif any(file["name"] == name for file in files):
            unread[name] = f"{name} is not in the cache, and the network is switched off"
    facts = no_facts(repo, commit)
    return {**facts, "files": files, "refused": refused, "texts": read, "unread": unread, "source": "cache"}


def _cached_files(repo: str, commit: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The remembered list of files where there is one, else those that the cache holds."""
    names = remembered_files(repo, commit)
    found = held_files(repo, commit) if names is None else names
    refused = {file.name: reason for file in found if (reason := refusal(file.name))}
    return [file.as_json() for file in found if file.name not in refused], refused
