"""Starts the reference's worker: `python -m portwright_probes.reference --requests FD --answers FD --exchange DIR`."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from pathlib import Path
from typing import Any

from ..wire import Worker, parse_arguments

_PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "huggingface_hub", "numpy")

_ENVIRONMENT = {
    # Nothing is fetched: a missing file is an answer, and kernels from the Hub would be another program.
    "HF_HUB_OFFLINE": "1",
    "USE_HUB_KERNELS": "0",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # Its threads and a fork do not go together, and short texts need none.
    "TOKENIZERS_PARALLELISM": "false",
}


def main() -> None:
    """Greets as soon as both libraries are there; the parts of transformers that a request needs come with it."""
    os.environ.update(_ENVIRONMENT)
    # Spinning threads starve each other where another process has a core too: a forward took 100 s instead of 2.5 s.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    worker = Worker(parse_arguments("reference"))
    try:
        import torch
        import transformers

        from ..checkpoints import requests as checkpoints
        from .requests import Requests
    except Exception as error:
        worker.greet_failure("reference", f"torch and transformers cannot be imported: {type(error).__name__}: {error}")
    Requests().register(worker)
    checkpoints.register(worker)
    worker.greet("reference", _facts(torch, transformers))
    worker.serve()


def _facts(torch: Any, transformers: Any) -> dict[str, Any]:
    versions = {"python": platform.python_version()}
    versions |= {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {
        "backend": "cpu",
        "versions": versions,
        "blas": _blas(torch.__config__.show()),
        "threads": torch.get_num_threads(),
        "paths": {"transformers": str(Path(transformers.__file__).parent), "torch": str(Path(torch.__file__).parent)},
    }


def _blas(build: str) -> str:
    """The BLAS that torch's description of its build names."""
    found = re.search(r"BLAS_INFO=([^,\s]+)", build)
    return found[1] if found else "unknown"


if __name__ == "__main__":
    main()
