"""Known faults that a forward is made with, to see whether a check would have noticed.

Each is a mistake that ports really make, in the size that is hard to see. Everything is put back when the forward
ends, however it ends.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Literal

import torch
from torch import nn

from .attention import attention_functions
from .namespaces import replaced

FaultName = Literal["scale", "eps", "theta", "bias"]

SCALE_FACTOR = 1.01
EPS_FACTOR = 10.0
THETA_FACTOR = 1.05

_EPS_NAMES = ("eps", "epsilon", "variance_epsilon", "norm_eps", "rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon")
_LAYER = re.compile(r"\.(\d+)\.")


class Injected:
    """In how many places a fault was put into the model; attention counts by its calls."""

    def __init__(self) -> None:
        self.places = 0


def injecting(model: nn.Module, fault: FaultName | None) -> AbstractContextManager[Injected]:
    """Within it, `model` has the fault; what it gives counts where. None is no fault."""
    return _injecting(model, _FAULTS[fault]) if fault else _injecting(model, lambda model, undo, injected: None)


_Inject = Callable[[Any, ExitStack, Injected], None]


@contextmanager
def _injecting(model: nn.Module, inject: _Inject) -> Iterator[Injected]:
    injected = Injected()
    with ExitStack() as undo:
        inject(model, undo, injected)
        yield injected


def _scale(model: Any, undo: ExitStack, injected: Injected) -> None:
    undo.enter_context(replaced(attention_functions(model), lambda native: _scaled(native, injected)))


def _scaled(native: Callable[..., Any], injected: Injected) -> Callable[..., Any]:
    signature = inspect.signature(native)

    def attention(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        given = bound.arguments
        if isinstance(given.get("scaling"), (int, float)):
            given["scaling"] *= SCALE_FACTOR
        else:  # the function knows its own scale
            given["query"] = given["query"] * SCALE_FACTOR
        injected.places += 1
        return native(*bound.args, **bound.kwargs)

    # A recorder that watches attention reads what the function takes.
    attention.__signature__ = signature  # type: ignore[attr-defined]
    return attention


def _eps(model: Any, undo: ExitStack, injected: Injected) -> None:
    for module in _text_model(model).modules():
        names = [name for name in _EPS_NAMES if isinstance(getattr(module, name, None), float)]
        if "norm" not in type(module).__name__.lower() or not names:
            continue
        for name in names:
            eps = getattr(module, name)
            setattr(module, name, eps * EPS_FACTOR)
            undo.callback(setattr, module, name, eps)
        injected.places += 1


def _theta(model: Any, undo: ExitStack, injected: Injected) -> None:
    for module in _text_model(model).modules():
        # Some modules keep one list for each kind of layer, and all keep what they began with.
        for name, frequencies in list(module.named_buffers(recurse=False)):
            if not name.endswith("inv_freq"):
                continue
            pair = torch.arange(frequencies.shape[-1], device=frequencies.device, dtype=torch.float64)
            factors = THETA_FACTOR ** (-pair / frequencies.shape[-1])
            setattr(module, name, (frequencies * factors).to(frequencies.dtype))
            undo.callback(setattr, module, name, frequencies)
            injected.places += 0 if "original" in name else 1


def _bias(model: Any, undo: ExitStack, injected: Injected) -> None:
    biases = [(path, bias) for path, bias in _text_model(model).named_parameters() if _is_bias(path) and bias.any()]
    layers = sorted({_layer(path) for path, _ in biases})
    if not layers:
        return
    middle = [bias for path, bias in biases if _layer(path) == layers[len(layers) // 2]]
    bias = max(middle, key=lambda bias: (bias.numel(), float(bias.detach().double().norm())))
    kept = bias.detach().clone()
    bias.detach().zero_()
    undo.callback(bias.detach().copy_, kept)
    injected.places = 1


_FAULTS: dict[str, _Inject] = {"scale": _scale, "eps": _eps, "theta": _theta, "bias": _bias}


def _is_bias(path: str) -> bool:
    """Biases of modules only: one that merely steers a choice (a router's correction) may change nothing at all."""
    return path.rpartition(".")[2] == "bias"


def _layer(path: str) -> int:
    """The first index in a parameter's path; -1 outside of layers."""
    found = _LAYER.search(path)
    return int(found[1]) if found else -1


def _text_model(model: Any) -> Any:
    """What runs when a text is read: a fault in an image encoder would never show."""
    decoder = model.get_decoder() if hasattr(model, "get_decoder") else None
    return model if decoder is None else decoder
