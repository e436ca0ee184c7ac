"""Starts the worker: `python -m portwright_probes.port --requests FD --answers FD --exchange DIR`.

It greets as soon as MLX itself is there and imports mlx-lm before the first request: mlx-lm imports transformers, which
takes longer than everything else in the greeting.
"""

from __future__ import annotations

import os

# TF32 would cut float32 products to ten bits of mantissa on chips that have it. MLX reads this at import.
os.environ["MLX_ENABLE_TF32"] = "0"

from ..wire import Worker, parse_arguments


def main() -> None:
    """Greets, warms up and serves; ends with the pipe of requests."""
    arguments = parse_arguments("port")
    worker = Worker(arguments)
    try:
        from . import environment
    except ImportError as error:
        worker.greet_failure("port", f"mlx cannot be imported: {error}")
    missing = environment.missing_package()
    if missing:
        worker.greet_failure("port", missing)
    from .kernels import Shared
    from .requests import Requests

    requests = Requests(untouched=arguments.untouched)
    sharing_kernels = Shared(os.environ.get("PORTWRIGHT_KERNELS"))
    for function in requests.table():
        worker.request(sharing_kernels(function))
    worker.greet("port", environment.facts())
    requests.warm_up()
    worker.serve()


main()
