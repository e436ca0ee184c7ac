"""Many repositories described side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..errors import ProbeError
from ..wire import Context
from .describe import describe

_SIDE_BY_SIDE = 8


def survey(context: Context, repos: list[str], texts: list[str] | None, offline: bool) -> dict[str, Any]:
    """Serves `survey`: what `describe` answers for each, or its error. One that fails does not end the others."""
    found: dict[str, Any] = {}
    failed: dict[str, Any] = {}

    def ask(repo: str) -> tuple[str, dict[str, Any] | ProbeError]:
        try:
            return repo, describe(context, repo, None, texts, offline)
        except ProbeError as error:
            return repo, error

    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        for repo, answer in pool.map(ask, repos):
            if isinstance(answer, ProbeError):
                failed[repo] = answer.as_json()
            else:
                found[repo] = answer
            context.progress(len(found) + len(failed), len(repos))
    context.check_cancelled()
    return {"found": found, "failed": failed}
