"""Shows a watcher what each gated delta rule is computed from, what comes out, and the state that it ends with.

mlx-lm's ports hand their gates as they are to one function, which makes decay and beta of them and calls another that
computes the rule. That inner one is watched: a function that takes decay and beta as such, replaced wherever code
finds it for the time of one forward. Layouts are the protocol's ("Functions").
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

_SPELLINGS = (("q", "k", "v", "g", "beta"), ("query", "key", "value", "g", "beta"))
_AXES = 4  # rows, positions, heads, width: a function of one position is a part of the rule


@contextmanager
def watch_recurrence(modules: Iterable[nn.Module], begin: Begin) -> Iterator[None]:
    """Within it, every gated delta rule that these modules compute is a function call that `begin` begins."""
    running: list[bool] = []  # the rule's functions call each other: one rule, not two

    def watched(native: Callable[..., Any], spelling: tuple[str, ...]) -> Callable[..., Any]:
        names = list(inspect.signature(native).parameters)

        def rule(*args: Any, **kwargs: Any) -> Any:
            given = {**dict(zip(names, args, strict=False)), **kwargs}
            if running or not all(is_floating(given.get(name)) for name in spelling) or given[spelling[0]].ndim < _AXES:
                return native(*args, **kwargs)
            running.append(True)
            try:
                return _recorded(native, given, spelling, begin)
            finally:
                running.pop()

        return rule

    def watched_rule(value: Any) -> Callable[..., Any] | None:
        spelling = _spelling(value)
        return None if spelling is None else watched(value, spelling)

    with replaced(modules, watched_rule):
        yield


def _spelling(value: object) -> tuple[str, ...] | None:
    """How the function names what the rule is computed from; None where it does not take all of it."""
    if not inspect.isfunction(value):
        return None
    taken = set(inspect.signature(value).parameters)
    return next((names for names in _SPELLINGS if taken.issuperset(names)), None)


def _recorded(native: Callable[..., Any], given: dict[str, Any], spelling: tuple[str, ...], begin: Begin) -> Any:
    query, key, value, decay, beta = spelling

    def show(name: str, array: mx.array) -> mx.array:
        with begin(f"recurrence_{name}", {}) as call:
            return call.passes("in", array)

    groups = given[value].shape[2] // given[key].shape[2]
    own_query, own_key = (mx.repeat(given[x], groups, 2) if groups > 1 else given[x] for x in (query, key))
    passed_key = show("key", own_key)
    given[value] = show("value", given[value])
    given[decay] = show("decay", given[decay])
    given[beta] = show("beta", given[beta])
    with begin("recurrence", {}) as call:
        passed_query = call.passes("in", own_query)
        if passed_query is not own_query or passed_key is not own_key:  # both with as many heads
            given.update({query: passed_query, key: passed_key})
        made = native(**given)
        if not isinstance(made, tuple):
            return call.passes("out", made)
        output, state, *rest = made
        passed_output = call.passes("out", output)
    if not is_floating(state):
        return (passed_output, state, *rest)
    turned = _is_turned(state, passed_query, output)
    state = show("state", state.swapaxes(2, 3) if turned else state)
    return (passed_output, state.swapaxes(2, 3) if turned else state, *rest)


def _is_turned(state: mx.array, query: mx.array, output: mx.array) -> bool:
    """Whether a state is [rows, heads, value width, key width]: the last query reads the last output from it."""
    query, output = query[:, -1, ..., None].astype(mx.float32), output[:, -1, ..., None].astype(mx.float32)
    if state.shape[2:] != (query.shape[2], query.shape[2]):
        return state.shape[3] == query.shape[2]
    ways = (mx.square(way @ query - output).sum() for way in (state, state.swapaxes(2, 3)))
    turned, straight = (float(error) for error in ways)
    return turned <= straight
