"""The requests that this side serves. A method's signature is the request's declaration (see wire.py)."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Literal

from torch import nn

from ..errors import ProbeError
from ..fingerprint import multiset_hash, total
from ..process_memory import ProcessMemory
from ..sweep import parse_sweeps
from ..wire import Context, Worker
from .faults import FaultName
from .forced import Forced
from .forward import forward, replay, score
from .generation import decode
from .loading import load_model, stored_tensors
from .models import Models
from .recorder import Capture, module_paths
from .rotary import rope
from .tensors import to_numpy
from .text import Tokenizers


class Requests:
    """Serves a worker's requests; holds the loaded models."""

    def __init__(self) -> None:
        self._models = Models()
        self._memory = ProcessMemory()
        self._tokenizers = Tokenizers()

    def register(self, worker: Worker) -> None:
        """Makes `worker` serve them all."""
        for serve in (
            self.load,
            self.forward,
            self.replay,
            self.rope,
            self.decode,
            self.score,
            self.tokenize,
            self.detokenize,
            self.render_template,
            self.fingerprint,
            self.memory,
            self.unload,
            self.model_types,
        ):
            worker.request(serve)

    def load(
        self,
        context: Context,
        *,
        folder: str,
        dtype: Literal["native", "float32", "float64"] = "native",
        trust_remote_code: bool = False,
    ) -> dict[str, Any]:
        """Loads a checkpoint folder once more, whatever is loaded already."""
        loaded, description = load_model(Path(folder), dtype, trust_remote_code)
        return {"model": self._models.add(loaded), **description}

    def unload(self, context: Context, *, model: str) -> dict[str, Any]:
        """Forgets a model."""
        self._models.remove(model)
        return {}

    def forward(
        self,
        context: Context,
        *,
        model: str,
        ids: list[list[int]],
        capture: list[str] | None = None,
        points: list[Literal["in", "out"]] | None = None,
        logits: Literal["all", "last", "none"] = "all",
        cache: bool = False,
        force: dict[str, Any] | None = None,
        dtype_only: bool = False,
        fault: FaultName | None = None,
    ) -> dict[str, Any]:
        """Runs whole sequences, with captures, forced points and a known fault."""
        wanted = Capture(capture or (), points or ("in", "out"), send=not dtype_only)
        return forward(context, self._models.get(model), ids, wanted, Forced(force), logits, cache, fault)

    def replay(
        self, context: Context, *, model: str, ids: list[list[int]], call: str, in_: dict[str, str]
    ) -> dict[str, Any]:
        """Runs up to one call, whose input is replaced."""
        if set(in_) != {"file", "name"}:
            raise ProbeError("bad_request", "`in` has exactly the keys `file` and `name`")
        given = Forced({"files": [in_["file"]], "calls": {call: {"in": in_["name"]}}})
        return replay(context, self._models.get(model), ids, call, given)

    def rope(self, context: Context, *, model: str, sweeps: list[dict[str, Any]]) -> dict[str, Any]:
        """Tells what each rotary embedding does to basis vectors, and which modules use it."""
        return rope(context, self._models.get(model), parse_sweeps(sweeps))

    def decode(
        self,
        context: Context,
        *,
        model: str,
        ids: list[int],
        tokens: int,
        force: list[int] | None = None,
        stop: list[int] | None = None,
        threads: int | None = None,
    ) -> dict[str, Any]:
        """Decodes greedily, or feeds the ids of `force`."""
        return decode(context, self._models.get(model), self._memory, ids, tokens, force, stop or [], threads)

    def score(self, context: Context, *, model: str, ids: list[int], from_: int = 1) -> dict[str, Any]:
        """Tells how well the model predicts ids[from:]."""
        return score(context, self._models.get(model), ids, from_)

    def tokenize(self, context: Context, *, folder: str, texts: list[str], special: bool = True) -> dict[str, Any]:
        """Gives the ids of texts."""
        return self._tokenizers.tokenize(Path(folder), texts, special)

    def detokenize(self, context: Context, *, folder: str, ids: list[int]) -> dict[str, Any]:
        """Gives the text of ids."""
        return self._tokenizers.detokenize(Path(folder), ids)

    def render_template(
        self,
        context: Context,
        *,
        folder: str,
        messages: list[dict[str, Any]],
        add_generation_prompt: bool = True,
    ) -> dict[str, Any]:
        """Gives the text and ids that the chat template makes of messages."""
        return self._tokenizers.render_template(Path(folder), messages, add_generation_prompt)

    def fingerprint(self, context: Context, *, model: str, paths: list[str]) -> dict[str, Any]:
        """Hashes the stored numbers below each of the modules."""
        loaded = self._models.get(model)
        modules = dict(module_paths(loaded.model))
        # Parts of a merged convolution are paired by path alone.
        modules |= {part.path: nn.Module() for parts in loaded.merged.values() for part in parts}
        unknown = [path for path in paths if path not in modules]
        if unknown:
            raise ProbeError("bad_request", f"the model has no module {unknown[0]!r}")
        hashes: dict[int, int] = {}  # by a tensor's identity: a module's tensors are its parents' too
        found = {}
        for path in paths:
            tensors = [tensor for _, tensor in stored_tensors(modules[path])]
            for tensor in tensors:
                context.check_cancelled()
                if id(tensor) not in hashes:
                    hashes[id(tensor)] = multiset_hash(to_numpy(tensor)[0])
            found[path] = f"{total(hashes[id(tensor)] for tensor in tensors):016x}"
        return found

    def memory(self, context: Context) -> dict[str, Any]:
        """Gives the bytes that the process holds and has held at most."""
        return {"rss": self._memory.rss(), "peak": self._memory.peak()}

    def model_types(self, context: Context) -> dict[str, Any]:
        """The model types of which transformers has a causal language model, each with its class."""
        auto = importlib.import_module("transformers.models.auto.modeling_auto")
        return {"types": dict(auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)}
