"""The config.json of a synthetic checkpoint: rules by field name, then the exceptions of the type, then the variant."""

from __future__ import annotations

import dataclasses
from typing import Any

from transformers import PreTrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

from .rules import BY_LAYER, CONSTANTS, ROPE_THETAS, SIZES, TEXT, TOWER, VALUES, Settings
from .type_rules import TypeRules, rules_of


def settings_of(model_type: str, rules: TypeRules, variant: Settings) -> Settings:
    """config.json in the Hub's style, without `torch_dtype`."""
    config_class = CONFIG_MAPPING[model_type]
    settings = _exceptional(_derived(config_class, SIZES, VALUES), rules)
    head = {"architectures": [rules.architecture or model_class(model_type).__name__], "model_type": model_type}
    return _merged(head | settings, variant)


def _exceptional(derived: Settings, rules: TypeRules) -> Settings:
    kept = {name: value for name, value in derived.items() if name not in rules.absent}
    return _merged(kept, rules.settings)


def movable(model_type: str, settings: Settings) -> Settings:
    """The constants of `settings` that stand away from the class's default, with that default."""
    config_class = CONFIG_MAPPING[model_type]
    defaults = {name: value for name, value in declared(config_class).items() if name in CONSTANTS}
    theta = getattr(config_class, "default_theta", None)
    if isinstance(theta, float):
        defaults["rope_theta"] = theta
    return {
        name: _finite(value)
        for name, value in defaults.items()
        if value is not None and settings.get(name, value) != value
    }


def _finite(value: Any) -> Any:
    """JSON has no infinity, and a million steps are as good as one."""
    return [min(item, 1e6) for item in value] if isinstance(value, (list, tuple)) else value


def declared(config_class: Any) -> Settings:
    """The fields that a config class adds to those of every config, with their defaults."""
    general = {item.name for item in dataclasses.fields(PreTrainedConfig)}
    own = dataclasses.fields(config_class)
    return {item.name: _default(item) for item in own if item.name not in general}


def model_class(model_type: str) -> Any:
    """The reference's causal language model of the type."""
    return MODEL_FOR_CAUSAL_LM_MAPPING[CONFIG_MAPPING[model_type]]


def _default(item: Any) -> Any:
    if item.default_factory is not dataclasses.MISSING:
        return item.default_factory()
    return None if item.default is dataclasses.MISSING else item.default


def _derived(config_class: Any, sizes: Settings, values: Settings) -> Settings:
    own = declared(config_class)
    usual = config_class()
    towers = [
        name for name in getattr(config_class, "sub_configs", None) or {} if getattr(usual, name, None) is not None
    ]
    settings: Settings = {}
    for name, default in own.items():
        if name in towers:
            settings[name] = _tower(name, type(getattr(usual, name)))
        elif name in sizes:
            settings[name] = sizes[name]
        elif default is not None:
            settings[name] = values.get(name, default)
    if "kv_lora_rank" in own and "num_key_value_heads" in own:
        settings["num_key_value_heads"] = settings["num_attention_heads"]
    if TEXT in towers:
        return settings
    layers = settings.get("num_hidden_layers") or settings.get("num_layers") or 0
    for name in BY_LAYER:
        kinds = getattr(usual, name, None)
        if name in own and isinstance(kinds, list) and len(set(kinds)) > 1:
            settings[name] = _layers(kinds, layers)
    if "mlp_layer_types" in settings:
        settings["mlp_layer_types"] = ["dense"] + ["sparse"] * (layers - 1)
    if "rope_parameters" in own:
        settings |= _rope(getattr(usual, "rope_parameters", None))
    return settings


def _tower(name: str, config_class: Any) -> Settings:
    kind = {"model_type": config_class.model_type} if getattr(config_class, "model_type", "") else {}
    if name == TEXT:
        return kind | _exceptional(_derived(config_class, SIZES, VALUES), rules_of(config_class.model_type))
    return kind | {field: TOWER[field] for field in declared(config_class) if field in TOWER}


def _layers(usual: list[Any], count: int) -> list[Any]:
    """The first layers of the usual list where they show every kind; else each kind in turn."""
    kinds = list(dict.fromkeys(usual))
    if set(usual[:count]) == set(kinds):
        return usual[:count]
    return [kinds[i % len(kinds)] for i in range(count)]


def _rope(usual: Any) -> Settings:
    """The shape that the class gives `rope_parameters` stays; flat ones are written as the Hub's files have them."""
    if not usual:
        return {"rope_theta": ROPE_THETAS[0]}
    if all(isinstance(value, dict) for value in usual.values()):
        thetas = dict(zip(usual, ROPE_THETAS, strict=False))
        return {"rope_parameters": {kind: usual[kind] | {"rope_theta": theta} for kind, theta in thetas.items()}}
    rope: Settings = {"rope_theta": ROPE_THETAS[0]}
    scaling = {name: value for name, value in usual.items() if name not in ("rope_theta", "partial_rotary_factor")}
    if "partial_rotary_factor" in usual:
        rope["partial_rotary_factor"] = usual["partial_rotary_factor"]
    if scaling.get("rope_type", "default") != "default":
        rope["rope_scaling"] = scaling
    return rope


def _merged(base: Settings, over: Settings) -> Settings:
    """`over` on top of `base`; a tower's settings are merged one by one."""
    merged = dict(base)
    for name, value in over.items():
        nested = name.endswith("_config") and isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _merged(merged[name], value) if nested else value
    return merged
