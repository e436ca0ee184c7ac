"""Brings a repository's files into the standard cache, or finds them there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download

from ..errors import ProbeError
from ..stored_names import stored_names
from ..wire import Context
from .needed import NEEDED, NOT_NEEDED
from .progress import told_progress
from .troubles import explained, is_offline


def locate_checkpoint(context: Context, repo: str, revision: str | None, offline: bool) -> dict[str, Any]:
    """Serves `locate`. ProbeError `checkpoint` where there is no such checkpoint, `environment` where the Hub fails."""
    try:
        folder = snapshot_download(
            repo,
            revision=revision,
            allow_patterns=NEEDED,
            ignore_patterns=NOT_NEEDED,
            local_files_only=offline,
            tqdm_class=told_progress(context),
        )
    except Exception as error:
        raise explained(error, repo, revision, is_offline(offline)) from error
    _check_complete(Path(folder), repo)
    return {"folder": folder, "revision": Path(folder).name}


def _check_complete(folder: Path, repo: str) -> None:
    if not (folder / "config.json").exists():
        raise ProbeError("checkpoint", f"{repo} has no config.json: it is no checkpoint of transformers")
    if stored_names(folder) is None:
        raise ProbeError("checkpoint", f"{repo} has no model.safetensors and no index of such files")
