"""A tiny checkpoint with random weights in which every parameter and every setting matters.

The config comes from the rules of `rules`, goes to disk as config.json, and the model is made from that file through
the reference's own config class and model class: so both sides read the very settings the weights were made for.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from ..errors import ProbeError
from . import weights
from .folder import Recipe, provide, write_json
from .layout import as_on_the_hub
from .rules import DEFAULT_VARIANT, TIED_VARIANTS, Settings
from .settings import declared, movable, settings_of
from .type_rules import TypeRules, rules_of

# Counted up with every change of the rules, so that folders made before it are made again.
RULES_VERSION = 2


def synthesize(model_type: str, variant: str | None, seed: int, out: Path) -> dict[str, Any]:
    """Writes the checkpoint `synthetic:MODEL_TYPE[#VARIANT]` into `out`, in bfloat16 and without a tokenizer.

    Returns what `folder.provide` returns. Raises ProbeError with a sentence that lists what there is for an unknown
    type or variant.
    """
    settings = _settings(model_type, variant)
    recipe = _recipe(model_type, variant, seed) | {"moved": movable(model_type, settings)}
    return provide(out, recipe, lambda folder: _make(folder, model_type, settings, seed))


def variants(model_type: str) -> list[str]:
    """The names that may follow `#` for this type, sorted; raises ProbeError for an unknown type."""
    if model_type not in known_types():
        known = ", ".join(known_types())
        raise ProbeError("bad_request", f"no synthetic checkpoint for model type '{model_type}'; there are {known}")
    tied = TIED_VARIANTS if "tie_word_embeddings" in declared(CONFIG_MAPPING[model_type]) else {}
    return sorted({*rules_of(model_type).variants, *tied})


def known_types() -> list[str]:
    """The model types of which this transformers has a causal language model, sorted."""
    return sorted(set(CONFIG_MAPPING) & set(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES))


def _settings(model_type: str, variant: str | None) -> Settings:
    possible = variants(model_type)
    rules = rules_of(model_type)
    settings = settings_of(model_type, rules, {})
    defaults = {DEFAULT_VARIANT + name: {name: value} for name, value in movable(model_type, settings).items()}
    choices = TIED_VARIANTS | defaults | rules.variants
    if variant is not None and (variant not in choices or (variant in TIED_VARIANTS and variant not in possible)):
        names = ", ".join(f"#{name}" for name in [*possible, *sorted(defaults)])
        raise ProbeError("bad_request", f"synthetic:{model_type} has no variant '#{variant}'; there are {names}")
    chosen = {} if variant is None else choices[variant]
    return settings_of(model_type, rules, chosen) | {"torch_dtype": "bfloat16"}


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

    rules = rules_of(model_type)
    config = AutoConfig.from_pretrained(folder)
    # The start values of the reference's own initialisation tell what kind of vector a parameter is; its generator is
    # of no use to us.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config)
    weights.fill(model, seed, rules.embedding_rms, rules.head_gain)
    _save(model.to(torch.bfloat16), rules, folder)


def _save(model: Any, rules: TypeRules, folder: Path) -> None:
    """The weights alone, through the reference's own saving code: it splits fused experts into the Hub's names."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        model.save_pretrained(scratch, save_original_format=not rules.held)
        stored = Path(scratch) / "model.safetensors"
        if rules.renamed or rules.resplit:
            save_file(as_on_the_hub(load_file(stored), rules), folder / "model.safetensors", metadata={"format": "pt"})
        else:
            shutil.copyfile(stored, folder / "model.safetensors")
