"""Starts the Hub's worker: `python -m portwright_probes.hub --requests FD --answers FD --exchange DIR`."""

from __future__ import annotations

import importlib.metadata
import platform
from pathlib import Path
from typing import Any

from ..wire import Context, Worker, parse_arguments


def main() -> None:
    """Greets and serves."""
    worker = Worker(parse_arguments("hub"))
    try:
        import huggingface_hub

        from .fetch import fetch
    except Exception as error:
        worker.greet_failure("hub", f"huggingface_hub cannot be imported: {type(error).__name__}: {error}")

    @worker.request
    def locate(context: Context, *, repo: str, revision: str | None = None, offline: bool = False) -> dict[str, Any]:
        """Fetches what a port needs of a repository, or finds it in the cache."""
        return fetch(context, repo, revision, offline)

    worker.greet(
        "hub",
        {
            "backend": "none",
            "versions": {
                "python": platform.python_version(),
                "huggingface_hub": importlib.metadata.version("huggingface_hub"),
            },
            "blas": None,
            "threads": 1,
            "paths": {"huggingface_hub": str(Path(huggingface_hub.__file__).parent)},
        },
    )
    worker.serve()


if __name__ == "__main__":
    main()
