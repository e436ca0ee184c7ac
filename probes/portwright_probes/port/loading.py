"""Loads a checkpoint as mlx-lm does and tells what became of every tensor."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx import nn
from mlx.utils import tree_flatten, tree_unflatten

from ..errors import ProbeError, as_probe_error, describe, last_measured_lines
from .arrays import dtype_word, evaluate
from .blame import port_code, port_line
from .checkpoint import read_config, weight_names
from .products import RoundedProducts
from .weights import Accounting


@dataclass
class LoadedModel:
    """A model in memory. file: the source of its class. products: set where products are rounded once."""

    model: nn.Module
    config: dict[str, Any]
    file: str
    accounting: Accounting
    products: RoundedProducts | None = None


def load(folder: Path, dtype: str, lazy: bool, trust_remote_code: bool) -> LoadedModel:
    """Loads through mlx_lm.utils.load_model.

    dtype `float32`: `sanitize` gets widened weights, so that it computes in float32 as the reference does, and the
    parameters are converted after mlx-lm has done its work, one by one, so that both copies never lie in memory
    together. ProbeError `checkpoint`, `port` or `unsupported`.
    """
    config = read_config(folder)
    converts = dtype == "float32"
    accounting = Accounting(folder, weight_names(folder), widened=converts)
    utils = importlib.import_module("mlx_lm.utils")
    file = ""

    def classes(config: dict[str, Any]) -> tuple[Any, Any]:
        nonlocal file
        model_class, arguments_class = _classes(utils, config)
        file = _source_file(model_class)
        return accounting.watched(model_class), arguments_class

    options: dict[str, Any] = {"lazy": lazy or converts, "strict": False, "get_model_classes": classes}
    if "trust_remote_code" in inspect.signature(utils.load_model).parameters:
        options["trust_remote_code"] = trust_remote_code
    try:
        model, config = utils.load_model(folder, **options)
    except (Exception, SystemExit) as error:
        raise _load_error(error, file) from error
    accounting.step_aside(model)
    if converts:
        with port_code(file):
            _convert(model, mx.float32, lazy)
    return LoadedModel(model, config, file or _source_file(type(model)), accounting)


def describe_model(loaded: LoadedModel) -> dict[str, Any]:
    """The answer to `load`, but for the handle."""
    model, accounting = loaded.model, loaded.accounting
    return {
        "model_type": loaded.config["model_type"],
        "class": type(model).__name__,
        "file": loaded.file,
        "parameters": [
            {"path": path, "shape": list(array.shape), "dtype": dtype_word(array.dtype)}
            for path, array in sorted(tree_flatten(model.parameters()))
        ],
        "modules": [
            {"path": path or "(root)", "class": type(module).__name__} for path, module in sorted(model.named_modules())
        ],
        "tied": _is_tied(model),
        "weights": {
            "in_files": len(accounting.in_files),
            "missing": accounting.missing,
            "unexpected": accounting.unexpected,
            "dropped": accounting.dropped,
        },
        "strict_error": accounting.strict_error,
    }


def _classes(utils: Any, config: dict[str, Any]) -> tuple[type, Any]:
    try:
        model_class, arguments_class = utils._get_classes(config)
        return model_class, arguments_class
    except ValueError as error:
        # mlx-lm turns any ImportError into "not supported": also one of the port's own.
        cause = error.__cause__
        if cause is None or (isinstance(cause, ModuleNotFoundError) and port_line(cause, "") is None):
            raise ProbeError("unsupported", f"mlx_lm has no port of {config['model_type']}") from error
        raise _port_error(cause or error, "") from error
    except (Exception, SystemExit) as error:
        raise _port_error(error, "") from error


def _port_error(error: BaseException, file: str) -> ProbeError:
    return ProbeError("port", describe(error), last_measured_lines(error), port_line(error, file))


def _load_error(error: BaseException, file: str) -> ProbeError:
    known = as_probe_error(error, "checkpoint")
    if known.kind != "checkpoint" or isinstance(error, ProbeError):
        return known
    # mlx-lm's own complaints (a quantization it does not know, a file it may not run) are about the checkpoint.
    return _port_error(error, file) if port_line(error, file) else known


def _convert(model: nn.Module, dtype: mx.Dtype, lazy: bool) -> None:
    parameters = dict(tree_flatten(model.parameters()))
    for path in list(parameters):
        array = parameters.pop(path)
        if mx.issubdtype(array.dtype, mx.floating):
            array = array.astype(dtype)
            model.update(tree_unflatten([(path, array)]))
        if not lazy:
            evaluate(array)


def _is_tied(model: nn.Module) -> bool:
    """Whether the logits come out of the embedding: outside the layers nothing is as wide as its vocabulary."""
    outside = [module for path, module in model.named_modules() if not any(map(str.isdigit, path))]
    rows = {m.weight.shape[0] for m in outside if isinstance(m, (nn.Embedding, nn.QuantizedEmbedding))}
    linear = (nn.Linear, nn.QuantizedLinear)
    return bool(rows) and not any(isinstance(m, linear) and m.weight.shape[0] in rows for m in outside)


def _source_file(model_class: type) -> str:
    try:
        return inspect.getsourcefile(model_class) or ""
    except (OSError, TypeError):
        return ""
