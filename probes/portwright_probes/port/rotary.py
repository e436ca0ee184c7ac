"""What the port's rotary embeddings do to basis vectors.

Short forwards show which layers rotate, and with what: a module of its own that is called with an offset (nn.RoPE and
those of rope_utils), or `mx.fast.rope` called by the attention itself. Each is then called alone, with other offsets
and with basis vectors in the place of heads.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import mlx.core as mx
import numpy as np
from mlx import nn

from ..errors import ProbeError
from ..sweep import Sweep, capture_length
from ..wire import Context
from .arrays import evaluate, file_dtype, is_floating, to_numpy
from .blame import port_code
from .hooks import hooked_classes
from .loading import LoadedModel
from .paths import ModulePaths

_POSITIONAL = re.compile("rope|rotary", re.IGNORECASE)

Arguments = dict[str, Any]


@dataclass
class _Running:
    """A module call that has not ended."""

    path: str
    module: nn.Module
    arguments: Arguments
    rotated: bool = False  # something below it has rotated


@dataclass
class _Rotation:
    """One call of something that rotates an array by its positions."""

    caller: str
    path: str | None  # of the module that rotates; None where the caller itself calls mx.fast.rope
    name: str
    function: Callable[..., mx.array]
    arguments: Arguments

    @property
    def rotated(self) -> str:
        """The argument that is rotated."""
        return next(key for key, value in self.arguments.items() if is_floating(value))

    @property
    def start(self) -> int:
        """The first position, as the caller says it."""
        return int(np.max(np.array(self.arguments.get("offset", 0))))

    @property
    def kind(self) -> str:
        """The same for calls that do the same: the settings of whatever rotates, and the vectors' width."""
        settings = {key: value for key, value in self.arguments.items() if key not in ("offset", self.rotated)}
        width = self.arguments[self.rotated].shape[-1]
        owner = getattr(self.function, "__self__", None)
        if owner is not None:
            settings |= vars(owner) | dict(owner)
        return repr((self.name, width, sorted((key, _plain(value)) for key, value in settings.items())))


@dataclass
class _Watch:
    """Records the rotations of one forward."""

    paths: ModulePaths
    rotations: list[_Rotation] = field(default_factory=list)
    running: list[_Running] = field(default_factory=list)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Hooks every module's call, and mx.fast.rope; turns compilation off, which calls no module twice."""
        native = mx.fast.rope
        mx.fast.rope = self._fast_rope(native)
        try:
            with hooked_classes(self.paths.modules, self._hooked):
                yield
        finally:
            mx.fast.rope = native

    def _hooked(self, kind: type) -> type:
        methods: dict[str, Any] = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
        if any("__call__" in base.__dict__ for base in kind.__mro__):
            native = kind.__call__

            def hook(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
                caller = self.running[-1].path if self.running else None
                call = _Running(self.paths.of(module, caller), module, _bound(native, module, args, kwargs))
                self.running.append(call)
                try:
                    output = native(module, *args, **kwargs)
                finally:
                    self.running.pop()
                self._ended(call, kind, native, output)
                return output

            methods["__call__"] = hook
        return type(kind.__name__, (kind,), methods)

    def _fast_rope(self, native: Callable[..., mx.array]) -> Callable[..., mx.array]:
        def rope(a: mx.array, dims: int, **options: Any) -> mx.array:
            call = self.running[-1]
            call.rotated = True
            if not _is_leaf(call.module):
                arguments = {"a": a, "dims": dims, **options}
                self.rotations.append(_Rotation(call.path, None, "mx.fast.rope", native, arguments))
            return native(a, dims, **options)

        return rope

    def _ended(self, call: _Running, kind: type, native: Callable[..., Any], output: Any) -> None:
        given = next((value for value in call.arguments.values() if is_floating(value)), None)
        rotates = call.rotated or _POSITIONAL.search(kind.__name__) is not None
        if not rotates or not _is_leaf(call.module) or given is None or not self.running:
            return
        if is_floating(output) and output.shape == given.shape:
            function = native.__get__(call.module)
            self.rotations.append(_Rotation(self.running[-1].path, call.path, kind.__name__, function, call.arguments))


def rope(context: Context, loaded: LoadedModel, sweeps: list[Sweep]) -> dict[str, Any]:
    """Serves `rope` of the protocol."""
    with port_code(loaded.file):
        passes = _short_forwards(loaded)
        kinds: dict[str, _Rotation] = {}
        users: dict[tuple[str, str], list[list[int]]] = {}
        for number, rotations in enumerate(passes):
            for rotation in rotations:
                kinds.setdefault(rotation.kind, rotation)
                starts = users.setdefault((rotation.caller, rotation.kind), [[] for _ in passes])
                starts[number].append(rotation.start)
        names = {kind: f"rope.{number}" for number, kind in enumerate(kinds)}
        for kind, rotation in kinds.items():
            for sweep in sweeps:
                response = _response(context, rotation, sweep)
                context.tensor(f"{names[kind]}:{sweep.tensor}", to_numpy(response), file_dtype(response.dtype))
    return {
        "embeddings": [
            {
                "name": names[kind],
                "class": rotation.name,
                "module": rotation.path,
                "function": "mx.fast.rope" if rotation.path is None else "__call__",
                "layer_type": None,
                "width": rotation.arguments[rotation.rotated].shape[-1],
            }
            for kind, rotation in kinds.items()
        ],
        "users": [
            {"path": caller, "embedding": names[kind], "starts": starts} for (caller, kind), starts in users.items()
        ],
    }


def _short_forwards(loaded: LoadedModel) -> list[list[_Rotation]]:
    """The rotations of a forward without a cache, of one with an empty cache, and of one token more behind it."""
    length = capture_length(_head_counts(loaded.config))
    ids = mx.arange(length)[None]
    cache = importlib.import_module("mlx_lm.models.cache").make_prompt_cache(loaded.model)
    paths = ModulePaths(loaded.model)
    found = []
    for tokens, options in ((ids, {}), (ids, {"cache": cache}), (ids[:, :1], {"cache": cache})):
        watch = _Watch(paths)
        with watch.watching():
            evaluate(loaded.model(tokens, **options))
        found.append(watch.rotations)
    return found


def _response(context: Context, rotation: _Rotation, sweep: Sweep) -> mx.array:
    """[starts, rows, length, basis vector, width]: what becomes of each basis vector at each position."""
    array = rotation.arguments[rotation.rotated]
    width = array.shape[-1]
    basis = mx.eye(width, dtype=array.dtype).reshape(1, width, 1, width)
    given = mx.broadcast_to(basis, (sweep.rows, width, sweep.length, width))
    found = []
    for start in sweep.starts:
        context.check_cancelled()
        arguments = {**rotation.arguments, rotation.rotated: given, "offset": start}
        found.append(_called(rotation.function, arguments).swapaxes(1, 2))
    response = mx.stack(found)
    evaluate(response)
    return response


def _called(function: Callable[..., Any], arguments: Arguments) -> Any:
    if inspect.ismethod(function) and "offset" not in inspect.signature(function).parameters:
        raise ProbeError("unsupported", "the port's position embedding takes no offset")
    return function(**arguments)


def _bound(native: Callable[..., Any], module: nn.Module, args: tuple[Any, ...], kwargs: Arguments) -> Arguments:
    """The arguments by name. Nothing where the call fits no signature: then it fails by itself."""
    try:
        arguments = dict(inspect.signature(native).bind(module, *args, **kwargs).arguments)
    except (TypeError, ValueError):
        return {}
    return {key: value for key, value in list(arguments.items())[1:] if not isinstance(value, tuple)}


def _is_leaf(module: nn.Module) -> bool:
    return not module.children()


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, mx.array) else repr(value)


def _head_counts(config: dict[str, Any]) -> set[int]:
    text = {**config, **(config.get("text_config") or {})}
    names = ("num_attention_heads", "num_key_value_heads", "index_n_heads")
    return {text.get(name) or 0 for name in names}
