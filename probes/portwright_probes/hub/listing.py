"""Lists models of the Hub by type, owner, name or declared base."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import huggingface_hub
from huggingface_hub import HfApi

from ..errors import ProbeError
from ..wire import Context
from .cached import held_files, snapshot_folder
from .facts import FIELDS, facts_of, no_facts
from .troubles import explained, is_offline, patiently

_PROGRESS_EACH = 100


def list_models(
    context: Context, model_type: str | None, author: str | None, base: str | None, limit: int, offline: bool
) -> dict[str, Any]:
    """Serves `list`: the most downloaded first. ProbeError `environment` where the Hub fails."""
    if is_offline(offline):
        return {"models": _cached_models(model_type, author), "more": False, "source": "cache"}
    tags = [tag for tag in (model_type, f"base_model:{base}" if base else None) if tag]
    try:
        models = patiently(context, lambda: _listed(context, tags, author, limit + 1))
    except Exception as error:
        raise explained(error, " ".join([*tags, author or ""]).strip(), None, False) from error
    return {"models": models[:limit], "more": len(models) > limit, "source": "hub"}


def _listed(context: Context, tags: list[str], author: str | None, limit: int) -> list[dict[str, Any]]:
    found = HfApi().list_models(filter=tags, author=author, sort="downloads", limit=limit, expand=FIELDS)  # type: ignore[arg-type,unused-ignore]
    models = []
    for info in islice(found, limit):
        context.check_cancelled()
        models.append(facts_of(info))
        if len(models) % _PROGRESS_EACH == 0:
            context.progress(len(models), limit)
    return models


def _cached_models(model_type: str | None, author: str | None) -> list[dict[str, Any]]:
    """The repositories of the cache whose config says this type. Of their pages nothing is known."""
    try:
        repositories = huggingface_hub.scan_cache_dir().repos
    except Exception as error:
        raise ProbeError("checkpoint", f"the network is switched off, and there is no cache: {error}") from error
    models = []
    for repository in sorted(repositories, key=lambda found: str(found.repo_id)):
        if repository.repo_type != "model" or author not in (None, repository.repo_id.partition("/")[0]):
            continue
        for revision in sorted(repository.revisions, key=lambda found: -found.last_modified)[:1]:
            config = _config(repository.repo_id, revision.commit_hash)
            if model_type is None or config.get("model_type") == model_type:
                facts = no_facts(repository.repo_id, revision.commit_hash)
                models.append(facts | {key: config.get(key) for key in ("model_type", "architectures")})
    return models


def _config(repo: str, commit: str) -> dict[str, Any]:
    if not any(file.name == "config.json" for file in held_files(repo, commit)):
        return {}
    try:
        config = json.loads((snapshot_folder(repo, commit) / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}
