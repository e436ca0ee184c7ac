"""Loads a checkpoint folder through transformers' own entry point."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn

from ..errors import ProbeError, as_probe_error, describe, last_lines
from ..stored_names import stored_names
from .float64 import float64_arithmetic
from .merged import merged_convolutions
from .models import LoadedModel
from .recorder import module_paths
from .tensors import dtype_name

# "auto" is what a user gets: the dtype that the config says, else that of the first stored tensor. A wider dtype is
# asked of the loader rather than converted to afterwards: stored numbers then become wider exactly, also where the
# config's dtype is narrower than theirs, and the buffers that the model computes (RoPE's frequencies, Gemma's
# embedding scale) are computed in that dtype instead of being rounded to the native one first.
_DTYPES: dict[str, Any] = {"native": "auto", "float32": torch.float32, "float64": torch.float64}


def load_model(folder: Path, dtype: str, trust_remote_code: bool) -> tuple[LoadedModel, dict[str, Any]]:
    """A model in evaluation mode on the CPU, and what the protocol's `load` answers about it, but for its name.

    dtype: `native`, `float32` or `float64`. ProbeError `checkpoint` where the folder cannot be read, `unsupported`
    where transformers has no such model, `reference` where its code raises.
    """
    in_files = _check_folder(folder, trust_remote_code)
    transformers: Any = importlib.import_module("transformers")

    torch.manual_seed(0)  # a weight that no tensor gives is drawn at random, the same each time
    try:
        with float64_arithmetic() if dtype == "float64" else nullcontext():
            model, info = transformers.AutoModelForCausalLM.from_pretrained(
                str(folder),
                dtype=_DTYPES[dtype],
                attn_implementation="eager",
                experts_implementation="eager",
                ignore_mismatched_sizes=True,
                local_files_only=True,
                output_loading_info=True,
                trust_remote_code=trust_remote_code,
            )
    except (SafetensorError, OSError) as error:
        raise ProbeError(
            "checkpoint", f"the checkpoint cannot be loaded: {describe(error)}", last_lines(error)
        ) from error
    except Exception as error:
        raise as_probe_error(error, "reference") from error
    # Greedy decoding must be that, whatever penalties the folder's generation_config.json asks for.
    model.generation_config = transformers.GenerationConfig()
    merged = merged_convolutions(model, folder, in_files or [])
    return LoadedModel(model, dtype == "float64", merged), _describe(model, info, in_files)


def _check_folder(folder: Path, trust_remote_code: bool) -> list[str] | None:
    """Refuses folders that transformers would refuse in many words; returns the names of the stored tensors."""
    try:
        config = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError) as error:
        raise ProbeError("checkpoint", f"config.json cannot be read: {describe(error)}") from None
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise ProbeError("checkpoint", "config.json has no model_type")
    in_files = stored_names(folder)

    if trust_remote_code and "AutoModelForCausalLM" in (config.get("auto_map") or {}):
        return in_files
    configuration_auto = importlib.import_module("transformers.models.auto.configuration_auto")
    modeling_auto = importlib.import_module("transformers.models.auto.modeling_auto")
    model_type = config["model_type"]
    if model_type not in configuration_auto.CONFIG_MAPPING:
        advice = " without the code in its folder" if "auto_map" in config else ""
        raise ProbeError("unsupported", f"this transformers does not know the model type {model_type!r}{advice}")
    if model_type not in modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise ProbeError("unsupported", f"transformers has no causal language model of the type {model_type!r}")
    return in_files


def _describe(model: Any, info: dict[str, Any], in_files: list[str] | None) -> dict[str, Any]:
    mismatched = sorted(info["mismatched_keys"])
    missing = sorted({*info["missing_keys"], *(name for name, _, _ in mismatched)})
    unexpected = sorted(info["unexpected_keys"])
    return {
        "model_type": model.config.model_type,
        "class": type(model).__name__,
        "file": inspect.getfile(type(model)),
        "parameters": [
            {"path": path, "shape": list(tensor.shape), "dtype": dtype_name(tensor.dtype)}
            for path, tensor in stored_tensors(model)
        ],
        "modules": [{"path": path, "class": type(module).__name__} for path, module in module_paths(model)],
        "tied": _is_tied(model),
        "weights": {
            "in_files": None if in_files is None else len(in_files),
            "missing": missing,
            "unexpected": unexpected,
            "dropped": _dropped(model, in_files or []),
        },
        "strict_error": _strict_error(missing, unexpected, mismatched),
    }


def stored_tensors(module: nn.Module) -> list[tuple[str, torch.Tensor]]:
    """Parameters and persistent buffers by path: what a checkpoint stores. Each tensor once, under its first path."""
    tensors: list[tuple[str, torch.Tensor]] = list(module.named_parameters())
    for path, owner in module.named_modules():
        for name, buffer in owner.named_buffers(recurse=False):
            if name not in owner._non_persistent_buffers_set:
                tensors.append((f"{path}.{name}" if path else name, buffer))
    return tensors


def _is_tied(model: Any) -> bool:
    output = model.get_output_embeddings()
    return output is not None and output.weight is model.get_input_embeddings().weight


def _dropped(model: Any, in_files: list[str]) -> list[str]:
    """Stored tensors that match the model's own list of names to pass over in silence."""
    patterns = [re.compile(pattern) for pattern in model._keys_to_ignore_on_load_unexpected or ()]
    patterns.append(re.compile(r"rotary_emb\.inv_freq$"))  # passed over for every model
    known = {path for path, _ in stored_tensors(model)} | set(model.state_dict())
    return [name for name in in_files if name not in known and any(pattern.search(name) for pattern in patterns)]


def _strict_error(missing: list[str], unexpected: list[str], mismatched: list[tuple[str, Any, Any]]) -> str | None:
    shapes = {name: f"{name} (stored {list(stored)}, wanted {list(wanted)})" for name, stored, wanted in mismatched}
    absent = [name for name in missing if name not in shapes]
    faults = (("missing", absent), ("unexpected", unexpected), ("of another shape", list(shapes.values())))
    return "; ".join(f"{fault}: {', '.join(names)}" for fault, names in faults if names) or None
