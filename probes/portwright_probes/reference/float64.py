"""Float64 arithmetic for code that insists on float32.

`model.double()` is not a float64 model: transformers casts to float32 inside its norms, its softmax and its RoPE, so
the result carries float32's error. Here every float32 that an operation is given or asked to make becomes float64
while the operation is dispatched, so that no line of the model has to change.

RoPE's inverse frequencies are computed in float64 from the config too, not widened from float32: transformers
computes them in float32, as a port does, each with its own rounding, and a truth that took over one side's rounding
would favour that side. So a model is also loaded within this arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

_WIDER = {torch.float32: torch.float64, torch.complex64: torch.complex128}

# These build a tensor from Python numbers before any operation is dispatched.
_CONSTRUCTORS = frozenset({torch.tensor, torch.as_tensor, torch.asarray})


@contextmanager
def float64_arithmetic() -> Iterator[None]:
    """Within it, torch on this thread computes in float64 what the code computes in float32.

    Tensors of 16 bits and integers are left alone: a rounding to bfloat16 that the model's code asks for is part of
    the model. Gradients are not supported.
    """
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with _WidenConstructors(), _WidenOperations():
            yield
    finally:
        torch.set_default_dtype(default)


class _WidenOperations(TorchDispatchMode):  # type: ignore[misc]
    """Gives every dispatched operation float64 where it was given float32."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func.is_view:  # computes nothing, and what is written to it must reach the tensor it shows
            return func(*args, **kwargs)
        copies = {id(narrow): _widen(narrow) for narrow in _narrow_outputs(func, args, kwargs)}

        def wide(value: Any) -> Any:
            return copies[id(value)] if id(value) in copies else _widen(value)

        result = func(*map(wide, args), **{key: wide(value) for key, value in kwargs.items()})
        for narrow in _narrow_outputs(func, args, kwargs):
            narrow.copy_(copies[id(narrow)])
            if result is copies[id(narrow)]:
                result = narrow
        return result


class _WidenConstructors(TorchFunctionMode):  # type: ignore[misc]
    """Lets `torch.tensor(0.1, dtype=torch.float32)` hold the float64 nearest to 0.1."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in _CONSTRUCTORS and "dtype" in kwargs:
            kwargs = {**kwargs, "dtype": _widen(kwargs["dtype"])}
        return func(*args, **kwargs)


def _widen(value: Any) -> Any:
    """`value` with float32 and complex64 replaced, in tensors, dtypes, and lists or tuples of them."""
    if isinstance(value, torch.Tensor):
        wider = _WIDER.get(value.dtype)
        return value if wider is None else value.to(wider)
    if isinstance(value, torch.dtype):
        return _WIDER.get(value, value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(_widen, value))
    return value


def _narrow_outputs(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[torch.Tensor]:
    """The float32 tensors among the arguments that `func` writes to: they outlive it and keep their dtype."""
    if not func._schema.is_mutable:
        return []
    written = []
    for position, parameter in enumerate(func._schema.arguments):
        if parameter.alias_info is None or not parameter.alias_info.is_write:
            continue
        value = args[position] if position < len(args) else kwargs.get(parameter.name)
        if isinstance(value, torch.Tensor) and value.dtype in _WIDER:
            written.append(value)
    return written
