"""What the Hub's page of a model says, as plain values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

# What is asked for of each model: no more, since a list may hold hundreds.
FIELDS = [
    "author", "baseModels", "cardData", "config", "createdAt", "disabled", "downloads", "gated", "lastModified",
    "library_name", "likes", "pipeline_tag", "private", "safetensors", "sha", "tags",
]  # fmt: skip

_SHOWN_OF_CARD = (
    "license",
    "license_name",
    "license_link",
    "base_model",
    "base_model_relation",
    "library_name",
    "quantized_by",
)


def facts_of(info: Any) -> dict[str, Any]:
    """The facts of a `ModelInfo`. Null where the Hub does not say."""
    card = info.card_data.to_dict() if hasattr(info.card_data, "to_dict") else {}
    config = info.config if isinstance(info.config, dict) else {}
    base = info.base_models if isinstance(info.base_models, dict) else {}
    return {
        "repo": info.id,
        "commit": info.sha,
        "author": info.author or info.id.partition("/")[0],
        "private": bool(info.private),
        "gated": info.gated or False,
        "disabled": bool(info.disabled),
        "license": _license(card, info.tags or []),
        "created": _date(info.created_at),
        "modified": _date(info.last_modified),
        "downloads": info.downloads,
        "likes": info.likes,
        "library": info.library_name,
        "task": info.pipeline_tag,
        "tags": [str(tag) for tag in info.tags or []],
        "base": {
            "relation": base.get("relation"),
            "models": [model["id"] for model in base.get("models", []) if isinstance(model, dict) and "id" in model],
        }
        if base
        else None,
        "parameters": dict(info.safetensors.parameters) if info.safetensors else None,
        "model_type": config.get("model_type"),
        "architectures": config.get("architectures"),
        "quantization": _quantization(config),
        "card": {key: card[key] for key in _SHOWN_OF_CARD if card.get(key) is not None},
    }


def no_facts(repo: str, commit: str | None) -> dict[str, Any]:
    """The same keys where only the cache can be asked: it does not hold the page."""
    author = repo.partition("/")[0]
    unknown = dict.fromkeys(
        ("license", "created", "modified", "downloads", "likes", "library", "task", "base", "parameters", "model_type",
         "architectures", "quantization", "gated", "private", "disabled")
    )  # fmt: skip
    return {"repo": repo, "commit": commit, "author": author, **unknown, "tags": [], "card": {}}


def _license(card: dict[str, Any], tags: list[str]) -> str | None:
    """`other` says little: the name beside it is the licence then."""
    named = card.get("license")
    if isinstance(named, list):
        named = ", ".join(str(one) for one in named)
    if named == "other" and card.get("license_name"):
        named = card["license_name"]
    if named:
        return str(named)
    return next((str(tag).partition(":")[2] for tag in tags if str(tag).startswith("license:")), None)


def _date(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _quantization(config: dict[str, Any]) -> str | None:
    """The method that a config's quantization block names."""
    block = config.get("quantization_config") or config.get("quantization")
    if not isinstance(block, dict):
        return None
    return str(block.get("quant_method") or "unnamed")
