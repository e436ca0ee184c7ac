"""The table of the Hub's requests (docs/probe-protocol.md): names, arguments, and who answers."""

from __future__ import annotations

from typing import Any

from ..wire import Context, Worker
from .describe import describe as describe_repository
from .listing import list_models
from .load import load as load_files
from .locate import locate_checkpoint
from .long_waits import refuse_long_waits
from .plan import plan as plan_repository
from .survey import survey as survey_repositories


def declare_requests(worker: Worker) -> None:
    """Gives the worker one function for each request."""
    refuse_long_waits()

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

    @worker.request
    def list_(
        context: Context, *, model_type: str | None = None, author: str | None = None, base: str | None = None,
        limit: int = 500, offline: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """Lists models by type, owner or declared base, the most downloaded first."""
        return list_models(context, model_type, author, base, limit, offline)

    @worker.request
    def survey(
        context: Context, *, repos: list[str], texts: list[str] | None = None, offline: bool = False
    ) -> dict[str, Any]:
        """Describes many repositories side by side."""
        return survey_repositories(context, repos, texts, offline)

    @worker.request
    def plan(
        context: Context, *, repo: str, revision: str | None = None, include: list[str], exclude: list[str],
        offline: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """Says what fetching a repository would bring."""
        return plan_repository(context, repo, revision, include, exclude, offline)

    @worker.request
    def load(
        context: Context, *, repo: str, revision: str | None = None, commit: str, names: list[str], verify: bool = False
    ) -> dict[str, Any]:
        """Brings planned files into the cache and checks their hashes."""
        return load_files(context, repo, revision, commit, names, verify)
