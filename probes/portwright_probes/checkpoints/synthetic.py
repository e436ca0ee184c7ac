"""A tiny checkpoint with random weights in which every parameter and every setting matters.

The config comes from the rules of `rules`, goes to disk as config.json, and the model is made from that file through
the reference's own config class and model class: so both sides read the very settings the weights were made for.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy
import torch
import transformers
from transformers import AutoConfig, PreTrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

from ..errors import ProbeError
from . import weights
from .folder import Recipe, provide, write_json
from .rules import ROPE, SIZES, TIED_VARIANTS, TYPES, VALUES, Settings

# Counted up with every change of the rules, so that folders made before it are made again.
RULES_VERSION = 1


def synthesize(model_type: str, variant: str | None, seed: int, out: Path) -> dict[str, Any]:
    """Writes the checkpoint `synthetic:MODEL_TYPE[#VARIANT]` into `out`, in bfloat16 and without a tokenizer.

    Returns what `folder.provide` returns. Raises ProbeError with a sentence that lists what there is for an unknown
    type or variant.
    """
    settings = _settings(model_type, variant)
    recipe = _recipe(model_type, variant, seed)
    return provide(out, recipe, lambda folder: _make(folder, model_type, settings, seed))


def variants(model_type: str) -> list[str]:
    """The names that may follow `#` for this type, sorted; raises ProbeError for an unknown type."""
    if model_type not in TYPES:
        known = ", ".join(sorted(TYPES))
        raise ProbeError("bad_request", f"no synthetic checkpoint for model type '{model_type}'; there are {known}")
    tied = TIED_VARIANTS if "tie_word_embeddings" in _declared(model_type) else {}
    return sorted({*TYPES[model_type].variants, *tied})


def _settings(model_type: str, variant: str | None) -> Settings:
    """config.json, in the Hub's style."""
    possible = variants(model_type)
    if variant is not None and variant not in possible:
        names = ", ".join(f"#{name}" for name in possible)
        raise ProbeError("bad_request", f"synthetic:{model_type} has no variant '#{variant}'; there are {names}")
    rules = TYPES[model_type]
    chosen = {} if variant is None else rules.variants.get(variant) or TIED_VARIANTS[variant]

    declared = _declared(model_type)
    settings: Settings = {"architectures": [_model_class(model_type).__name__], "model_type": model_type}
    for name, default in declared.items():
        if name in SIZES:
            settings[name] = SIZES[name]
        elif default is not None:
            settings[name] = VALUES.get(name, default)
    if "rope_parameters" in declared:
        settings |= ROPE
    return settings | rules.settings | chosen | {"torch_dtype": "bfloat16"}


def _declared(model_type: str) -> dict[str, Any]:
    """The fields that the type's config class adds to those of every config, with their defaults."""
    general = {item.name for item in dataclasses.fields(PreTrainedConfig)}
    own = dataclasses.fields(CONFIG_MAPPING[model_type])
    return {item.name: item.default for item in own if item.name not in general}


def _model_class(model_type: str) -> Any:
    return MODEL_FOR_CAUSAL_LM_MAPPING[CONFIG_MAPPING[model_type]]


def _recipe(model_type: str, variant: str | None, seed: int) -> Recipe:
    return {
        "model": f"synthetic:{model_type}" + (f"#{variant}" if variant else ""),
        "seed": seed,
        "rules": RULES_VERSION,
        "versions": {"transformers": transformers.__version__, "numpy": numpy.__version__},
    }


def _make(folder: Path, model_type: str, settings: Settings, seed: int) -> None:
    write_json(folder / "config.json", settings)
    tokens = {name: settings[name] for name in ("bos_token_id", "eos_token_id", "pad_token_id") if name in settings}
    write_json(folder / "generation_config.json", tokens)

    config = AutoConfig.from_pretrained(folder)
    # The start values of the reference's own initialisation tell what kind of vector a parameter is; its generator is
    # of no use to us.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = _model_class(model_type)(config)
    weights.fill(model, seed, TYPES[model_type].embedding_rms)
    _save(model.to(torch.bfloat16), folder)


def _save(model: Any, folder: Path) -> None:
    """The weights alone, through the reference's own saving code: it splits fused experts into the Hub's names."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        model.save_pretrained(scratch)
        shutil.copyfile(Path(scratch) / "model.safetensors", folder / "model.safetensors")
