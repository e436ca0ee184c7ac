"""Checks a request's arguments against the signature of the function that serves it."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from typing import Any

from .errors import ProbeError


def bind(function: Callable[..., Any], arguments: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments to call `function(context, **…)` with.

    A trailing underscore of a parameter is not part of its name on the wire (`from_`). ProbeError `bad_request` where
    an argument is unknown, missing, or has another type than the annotation says.
    """
    parameters = list(inspect.signature(function).parameters.values())[1:]
    hints = typing.get_type_hints(function)
    by_name = {parameter.name.rstrip("_"): parameter for parameter in parameters}
    unknown = sorted(set(arguments) - set(by_name))
    if unknown:
        raise ProbeError("bad_request", f"unknown argument {unknown[0]!r}; known are {', '.join(by_name) or 'none'}")
    bound = {}
    for name, parameter in by_name.items():
        if name not in arguments:
            if parameter.default is inspect.Parameter.empty:
                raise ProbeError("bad_request", f"the argument {name!r} is missing")
            continue
        if not _fits(arguments[name], hints[parameter.name]):
            hint = hints[parameter.name]
            wanted = hint.__name__ if isinstance(hint, type) else str(hint).replace("typing.", "")
            raise ProbeError("bad_request", f"the argument {name!r} has the wrong type: {wanted} is wanted")
        bound[parameter.name] = arguments[name]
    return bound


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        fits = any(_fits(value, one) for one in inner)
    elif origin is typing.Literal:
        fits = value in inner
    elif origin is list:
        fits = isinstance(value, list) and all(_fits(item, inner[0]) for item in value)
    elif origin is dict:
        fits = isinstance(value, dict) and all(_fits(item, inner[1]) for item in value.values())
    elif hint is int:
        fits = isinstance(value, int) and not isinstance(value, bool)
    else:
        fits = hint is Any or isinstance(value, hint)
    return fits
