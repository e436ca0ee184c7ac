"""Starts the Hub's worker: `python -m portwright_probes.hub --requests FD --answers FD --exchange DIR`."""

from __future__ import annotations

import importlib.metadata
import platform
from pathlib import Path

from ..wire import Worker, parse_arguments


def main() -> None:
    """Greets and serves."""
    worker = Worker(parse_arguments("hub"))
    try:
        import huggingface_hub

        from .requests import declare_requests
    except Exception as error:
        worker.greet_failure("hub", f"huggingface_hub cannot be imported: {type(error).__name__}: {error}")

    declare_requests(worker)
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
