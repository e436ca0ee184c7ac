"""What a forward shows where a glob of `capture` names it, and not where one merely matches it."""

from __future__ import annotations

# They cost as much as the attention itself, and follow from what else is shown of it.
_ON_REQUEST = "@attention_weights"


def may_ask(glob: str, path: str) -> bool:
    """Whether a glob that matches `path` asks for it."""
    return _ON_REQUEST not in path or _ON_REQUEST in glob
