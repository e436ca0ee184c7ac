"""Values for every parameter and persistent buffer of a model, from a seed."""

from __future__ import annotations

import hashlib
import math

import numpy
import torch

# How far a vector strays from the constant the reference starts it with. The start tells 1 from 0, and so the norms
# that compute 1 + w from those that compute w, without a list of them.
NORM_SPREAD = 0.2
BIAS_SPREAD = 0.1


def fill(model: torch.nn.Module, seed: int, embedding_rms: float, head_gain: float) -> None:
    """Gives every parameter and persistent buffer of `model` values that matter; ties stay ties.

    Each is drawn from a stream of its own, named by its path: adding a parameter does not change the others.
    `embedding_rms` is the size of an embedding's values, `head_gain` the size of the logits, which a greedy token that
    is clear and a distribution that is not flat want near 2.
    """
    head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    embeddings = {id(module.weight) for module in model.modules() if isinstance(module, torch.nn.Embedding)}
    persistent = set(model.state_dict(keep_vars=True))
    named = [
        *model.named_parameters(),
        *((name, buffer) for name, buffer in model.named_buffers() if name in persistent),
    ]
    with torch.no_grad():
        for name, tensor in named:
            if not tensor.is_floating_point():
                continue
            noise = _noise(seed, name, tuple(tensor.shape))
            if tensor.dim() <= 1:
                spread = BIAS_SPREAD if name.endswith("bias") or tensor.dim() == 0 else NORM_SPREAD
                tensor.add_(spread * noise)
            elif id(tensor) in embeddings:
                tensor.copy_(embedding_rms * noise)
            else:
                gain = head_gain if head is not None and tensor is head.weight else 1.0
                tensor.copy_(gain * noise / math.sqrt(tensor.shape[-1]))


def _noise(seed: int, name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """Standard normal float32 values. numpy's generator, since torch's differs between processors."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    generator = numpy.random.Generator(numpy.random.PCG64(int.from_bytes(digest[:16], "little")))
    return torch.from_numpy(generator.standard_normal(shape, dtype=numpy.float32).reshape(shape))
