"""Plain forward passes of both libraries, without anything of the probes' own workers."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy


def random_ids(count: int, vocabulary: int = 199, seed: int = 1) -> list[int]:
    return [int(i) for i in numpy.random.default_rng(seed).integers(0, vocabulary, count)]


def relative_l2(value: numpy.ndarray, reference: numpy.ndarray) -> float:
    difference = value.astype(numpy.float64) - reference.astype(numpy.float64)
    return float(numpy.linalg.norm(difference) / numpy.linalg.norm(reference.astype(numpy.float64)))


def load_reference(folder: Path, dtype: str = "float32") -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    # One sequence at a time gains little from a second thread, and loses much where the machine is busy.
    torch.set_num_threads(1)
    return AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype), attn_implementation="eager").eval()


def reference_logits(model: Any, ids: list[int]) -> numpy.ndarray:
    """[positions, vocabulary], float32."""
    import torch

    with torch.no_grad():
        logits: numpy.ndarray = model(torch.tensor([ids])).logits[0].float().numpy()
    return logits


def load_port(folder: Path, dtype: str = "float32", port_file: Path | None = None) -> Any:
    """mlx-lm's own loading, then the weights cast; `port_file` takes the place of the installed module of its name."""
    import mlx.core as mx
    from mlx_lm.utils import load_model

    if port_file is None:
        model, _ = load_model(folder)
    else:
        name = f"mlx_lm.models.{port_file.stem}"
        importlib.import_module(name)
        installed = sys.modules.pop(name)
        try:
            spec = importlib.util.spec_from_file_location(name, port_file)
            assert spec is not None and spec.loader is not None
            sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[name])
            model, _ = load_model(folder)
        finally:
            sys.modules[name] = installed
    if dtype == "float32":
        model.apply(lambda array: array.astype(mx.float32) if mx.issubdtype(array.dtype, mx.floating) else array)
    return model


def port_logits(model: Any, ids: list[int]) -> Any:
    """[positions, vocabulary], as an MLX array in the dtype the model gives."""
    import mlx.core as mx

    logits = model(mx.array([ids]))[0]
    mx.eval(logits)
    return logits


def as_float32(array: Any) -> numpy.ndarray:
    import mlx.core as mx

    return numpy.array(array.astype(mx.float32))
