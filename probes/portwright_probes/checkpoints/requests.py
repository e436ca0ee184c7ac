"""The requests `unpack_builtin` and `synthesize` of docs/probe-protocol.md, for the worker that serves them.

What makes the checkpoints is imported when it is asked for: a worker greets without it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..wire import Context, Worker


def register(worker: Worker) -> None:
    """Makes `worker` serve both."""
    worker.request(unpack_builtin)
    worker.request(synthesize)


def unpack_builtin(context: Context, *, name: str, out: str) -> dict[str, Any]:
    """Writes `builtin:NAME` into the folder `out`."""
    from . import builtin

    return builtin.unpack_builtin(name, Path(out))


def synthesize(
    context: Context, *, model_type: str, out: str, variant: str | None = None, seed: int = 0
) -> dict[str, Any]:
    """Writes `synthetic:MODEL_TYPE[#VARIANT]` into the folder `out`."""
    from . import synthetic

    return synthetic.synthesize(model_type, variant or None, seed, Path(out))
