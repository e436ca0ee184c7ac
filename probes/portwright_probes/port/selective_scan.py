"""Shows a watcher what each selective scan (Mamba 2) is computed from, what comes out, and the last state.

mlx-lm's ports hand their projections as they are to one function, which makes step and decay of them. It is replaced
wherever code finds it for the time of one forward. Layouts are the protocol's ("Functions").
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import mlx.core as mx
from mlx import nn

from .arrays import is_floating
from .attention import Begin
from .namespaces import replaced

_TAKEN = {"A_log", "B", "C", "dt", "dt_bias", "state", "time_step_limit"}


@contextmanager
def watch_scans(modules: Iterable[nn.Module], begin: Begin) -> Iterator[None]:
    """Within it, every selective scan that these modules compute is a function call that `begin` begins."""
    running: list[bool] = []  # the scan's functions call each other: one scan, not two

    def watched(native: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(native)

        def scan(*args: Any, **kwargs: Any) -> Any:
            if running:
                return native(*args, **kwargs)
            running.append(True)
            try:
                bound = signature.bind(*args, **kwargs)
                bound.apply_defaults()
                return _recorded(native, bound, begin)
            finally:
                running.pop()

        return scan

    with replaced(modules, lambda value: watched(value) if _is_scan(value) else None):
        yield


def _is_scan(value: object) -> bool:
    return inspect.isfunction(value) and set(inspect.signature(value).parameters) >= _TAKEN


def _recorded(native: Callable[..., Any], bound: inspect.BoundArguments, begin: Begin) -> Any:
    given = bound.arguments
    value = next(iter(given))  # `x` of one function, `hidden_states` of the other

    def show(name: str, array: mx.array) -> mx.array:
        with begin(f"recurrence_{name}", {}) as call:
            return call.passes("in", array)

    groups = given[value].shape[2] // given["B"].shape[2]
    own_key, own_query = (mx.repeat(given[name], groups, 2) if groups > 1 else given[name] for name in ("B", "C"))
    key = show("key", own_key)
    given[value] = show("value", given[value])
    step = _step(given)
    show("beta", step)  # neither is forced: one step makes both, and A is a weight
    show("decay", mx.exp(-mx.exp(given["A_log"].astype(step.dtype)) * step))
    with begin("recurrence", {}) as call:
        query = call.passes("in", own_query)
        if key is not own_key or query is not own_query:
            given.update({"B": key, "C": query})
        output, state = native(*bound.args, **bound.kwargs)
        output = call.passes("out", output)
    if not is_floating(state):
        return output, state
    return output, show("state", state.swapaxes(2, 3)).swapaxes(2, 3)


def _step(given: dict[str, Any]) -> mx.array:
    """The step of each position and head as the scan has it (mlx_lm.models.ssm.compute_dt)."""
    step = nn.softplus(given["dt"].astype(mx.float32) + given["dt_bias"])
    return mx.clip(step, *given["time_step_limit"])
