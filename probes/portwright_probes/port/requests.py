"""The requests of the protocol that a port worker serves, each in terms of the modules beside this one."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Literal

from ..errors import ProbeError
from ..sweep import parse_sweeps
from ..wire import Context, Handler
from . import conversion, decode, environment, loading, rotary
from . import forward as passes
from .capture import Selection
from .checkpoint import read_config
from .fingerprints import fingerprints
from .forcing import Forced, parse_force
from .installed import PortFiles
from .known_types import known_types
from .memory import memory, release
from .parameters import send_parameters
from .products import RoundedProducts
from .text import Tokenizers


class Requests:
    """The worker's state: loaded models, ports in place of mlx-lm's own, the last tokenizer.

    Each public method but the first two serves the request of its name (docs/probe-protocol.md). untouched: patch
    nothing.
    """

    def __init__(self, untouched: bool) -> None:
        self._untouched = untouched
        self._models: dict[str, loading.LoadedModel] = {}
        self._loaded = 0
        self._ports = PortFiles()
        self._tokenizers = Tokenizers()
        self._failure: ProbeError | None = None

    def warm_up(self) -> None:
        """Imports mlx-lm; a failure is the answer to every request."""
        try:
            environment.import_mlx_lm(self._untouched)
        except ProbeError as error:
            self._failure = error

    def table(self) -> list[Handler]:
        """The functions that serve requests, named as these are."""
        return [
            self.load, self.unload, self.forward, self.replay, self.rope, self.decode, self.score, self.tokenize,
            self.render_template, self.fingerprint, self.parameters, self.convert, self.memory, self.model_types,
        ]  # fmt: skip

    def load(
        self,
        context: Context,
        *,
        folder: str,
        dtype: Literal["native", "float32"] = "native",
        port_file: str | None = None,
        products: Literal["native", "f32-rounded"] = "native",
        lazy: bool = False,
        trust_remote_code: bool = False,
    ) -> dict[str, Any]:
        """Loads a checkpoint, with a port file in the place of mlx-lm's own where one is given."""
        self._need_mlx_lm()
        if products != "native" and self._untouched:
            raise ProbeError("unsupported", "an untouched worker computes native products only")
        model_type = read_config(Path(folder))["model_type"]
        if port_file is None:
            self._ports.clear()
        else:
            self._ports.install(model_type, Path(port_file))
        loaded = loading.load(Path(folder), dtype, lazy, trust_remote_code)
        described = loading.describe_model(loaded)
        if products != "native":
            loaded.products = RoundedProducts(loaded.model)
        self._loaded += 1
        handle = f"m{self._loaded}"
        self._models[handle] = loaded
        return self._marked(loaded, {"model": handle, **described})

    def unload(self, context: Context, *, model: str) -> dict[str, Any]:
        """Forgets a model and gives its memory back."""
        self._model(model)
        del self._models[model]
        release()
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
    ) -> dict[str, Any]:
        """Runs whole sequences, with captures and forced points."""
        loaded = self._model(model)
        forced = None if force is None else parse_force(force)
        with self._products(loaded):
            selection = Selection(capture or [], points or ["in", "out"], dtype_only)
            return self._marked(loaded, passes.forward(context, loaded, ids, selection, forced, logits, cache))

    def replay(
        self, context: Context, *, model: str, ids: list[list[int]], call: str, in_: dict[str, str]
    ) -> dict[str, Any]:
        """Runs up to one call, whose input is replaced."""
        loaded = self._model(model)
        if set(in_) != {"file", "name"}:
            raise ProbeError("bad_request", "in is {file, name}")
        forced = Forced([in_["file"]], {call: {"in": in_["name"]}})
        with self._products(loaded):
            return self._marked(loaded, passes.replay(context, loaded, ids, call, forced))

    def rope(self, context: Context, *, model: str, sweeps: list[dict[str, Any]]) -> dict[str, Any]:
        """Tells what each rotary embedding does to basis vectors, and which modules use it."""
        if self._untouched:
            raise ProbeError("unsupported", "an untouched worker watches no calls")
        return rotary.rope(context, self._model(model), parse_sweeps(sweeps))

    def decode(
        self,
        context: Context,
        *,
        model: str,
        ids: list[int],
        tokens: int,
        force: list[int] | None = None,
        stop: list[int] | None = None,
    ) -> dict[str, Any]:
        """Decodes greedily, or feeds the ids of `force`."""
        loaded = self._model(model)
        with self._products(loaded):
            return self._marked(loaded, decode.decode(context, loaded, ids, tokens, force, stop or []))

    def score(self, context: Context, *, model: str, ids: list[int], from_: int = 1) -> dict[str, Any]:
        """Tells how well the model predicts ids[from:]."""
        loaded = self._model(model)
        with self._products(loaded):
            return self._marked(loaded, decode.score(context, loaded, ids, from_))

    def tokenize(self, context: Context, *, folder: str, texts: list[str], special: bool = True) -> dict[str, Any]:
        """Gives the ids of texts."""
        self._need_mlx_lm()
        return self._tokenizers.tokenize(Path(folder), texts, special)

    def render_template(
        self, context: Context, *, folder: str, messages: list[dict[str, Any]], add_generation_prompt: bool = True
    ) -> dict[str, Any]:
        """Gives the text and ids that the chat template makes of messages."""
        self._need_mlx_lm()
        return self._tokenizers.render_template(Path(folder), messages, add_generation_prompt)

    def fingerprint(self, context: Context, *, model: str, paths: list[str]) -> dict[str, Any]:
        """Hashes the parameters below each of the modules."""
        return dict(fingerprints(context, self._model(model).model, paths))

    def parameters(self, context: Context, *, model: str, path: str) -> dict[str, Any]:
        """Sends the parameters at and below a module."""
        return {"shapes": send_parameters(context, self._model(model).model, path)}

    def convert(self, context: Context, *, folder: str, out: str, bits: int, group_size: int) -> dict[str, Any]:
        """Quantizes a checkpoint into a new folder."""
        self._need_mlx_lm()
        read_config(Path(folder))
        return conversion.convert(Path(folder), Path(out), bits, group_size)

    def memory(self, context: Context) -> dict[str, Any]:
        """Tells what memory the process takes."""
        return dict(memory())

    def _model(self, handle: str) -> loading.LoadedModel:
        if handle not in self._models:
            raise ProbeError("bad_request", f"there is no model {handle!r}")
        return self._models[handle]

    def model_types(self, context: Context) -> dict[str, Any]:
        """The model types that mlx-lm has a port of, each with the module that serves it."""
        self._need_mlx_lm()
        return {"types": known_types()}

    def _need_mlx_lm(self) -> None:
        if self._failure is not None:
            raise self._failure

    @staticmethod
    def _products(loaded: loading.LoadedModel) -> contextlib.AbstractContextManager[None]:
        return loaded.products.active() if loaded.products else contextlib.nullcontext()

    @staticmethod
    def _marked(loaded: loading.LoadedModel, answer: dict[str, Any]) -> dict[str, Any]:
        return {**answer, "products": loaded.products.name} if loaded.products else answer
