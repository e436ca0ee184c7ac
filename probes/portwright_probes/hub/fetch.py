"""Brings a repository's files into the standard cache, or finds them there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from ..errors import ProbeError, as_probe_error, describe, last_lines
from ..stored_names import stored_names
from ..wire import Context
from .progress import told_progress

# What both libraries read of a checkpoint. Files in folders of their own are exports to other formats.
_NEEDED = [
    "*.json",
    "model*.safetensors",
    "tokenizer*",
    "*.model",
    "*.tiktoken",
    "*.txt",
    "*.jinja",
    "*.py",
]
_NOT_NEEDED = ["*/*"]


def fetch(context: Context, repo: str, revision: str | None, offline: bool) -> dict[str, Any]:
    """Serves `locate`. ProbeError `checkpoint` where there is no such checkpoint, `environment` where the Hub fails."""
    try:
        folder = snapshot_download(
            repo,
            revision=revision,
            allow_patterns=_NEEDED,
            ignore_patterns=_NOT_NEEDED,
            local_files_only=offline,
            tqdm_class=told_progress(context),
        )
    except Exception as error:
        raise _explained(error, repo, revision, offline or constants.HF_HUB_OFFLINE) from error
    _check_complete(Path(folder), repo)
    return {"folder": folder, "revision": Path(folder).name}


def _explained(error: Exception, repo: str, revision: str | None, offline: bool) -> ProbeError:
    """The library's error as one of the protocol's, with what to do about it."""
    wanted = repo if revision is None else f"{repo}@{revision}"
    page = f"{constants.ENDPOINT}/{repo}"
    known: list[tuple[type[Exception], str, str]] = [  # the first that fits: gated is a kind of not found there
        (HFValidationError, "bad_request", f"{repo!r} is no name of a repository: {describe(error)}"),
        (GatedRepoError, "checkpoint", f"{repo} is gated: accept its terms at {page}, then log in or set HF_TOKEN"),
        (RevisionNotFoundError, "checkpoint", f"{repo} has no revision {revision!r}"),
        (RepositoryNotFoundError, "checkpoint", f"no repository {repo} on the Hub, or this token may not see it"),
    ]
    if offline:
        sentence = f"{wanted} is not in the cache, or not completely, and the network is switched off"
        known.append((LocalEntryNotFoundError, "checkpoint", sentence))
    for error_type, kind, sentence in known:
        if isinstance(error, error_type):
            return ProbeError(kind, sentence)
    if isinstance(error, (LocalEntryNotFoundError, HfHubHTTPError)):
        cause = error.__cause__ or error
        return ProbeError("environment", f"the Hub gave no answer about {wanted}: {describe(cause)}", last_lines(error))
    return as_probe_error(error)


def _check_complete(folder: Path, repo: str) -> None:
    if not (folder / "config.json").exists():
        raise ProbeError("checkpoint", f"{repo} has no config.json: it is no checkpoint of transformers")
    if stored_names(folder) is None:
        raise ProbeError("checkpoint", f"{repo} has no model.safetensors and no index of such files")
