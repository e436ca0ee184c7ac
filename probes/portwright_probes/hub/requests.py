"""The table of the Hub's requests (docs/probe-protocol.md): names, arguments, and who answers."""

from __future__ import annotations

from typing import Any

from ..wire import Context, Worker
from .describe import describe as describe_repository
from .locate import locate_checkpoint


def declare_requests(worker: Worker) -> None:
    """Gives the worker one function for each request."""

    @worker.request
    def locate(context: Context, *, repo: str, revision: str | None = None, offline: bool = False) -> dict[str, Any]:
        """Fetches what a port needs of a repository, or finds it in the cache."""
        return locate_checkpoint(context, repo, revision, offline)

    @worker.request
    def describe(
        context: Context, *, repo: str, revision: str | None = None, texts: list[str] | None = None,
        offline: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """Tells a repository's facts, files and small texts, without its weights."""
        return describe_repository(context, repo, revision, texts, offline)
