"""What the model's rotary embeddings do to basis vectors.

transformers splits the work: a module gives cosines and sines for positions, and a function of the modeling file
applies them to queries and keys. A short forward shows which layer uses which pair of them, on arrays of which shape;
then each pair is called alone, with other positions and with basis vectors in the place of heads.
"""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from ..errors import ProbeError
from ..sweep import Sweep, capture_length
from ..wire import Context
from .models import LoadedModel
from .recorder import module_paths
from .tensors import to_numpy

Arguments = dict[str, Any]


@dataclass
class _Angles:
    """One call of a module that turns positions into cosines and sines."""

    path: str
    module: nn.Module
    arguments: Arguments
    made: list[torch.Tensor]

    @property
    def positions(self) -> torch.Tensor:
        """The positions it was called with, [rows, length] or with an axis more before."""
        return next(value for value in self.arguments.values() if _is_positions(value))

    @property
    def layer_type(self) -> str | None:
        """The kind of layer it was asked for, where the module knows several."""
        return next((value for value in self.arguments.values() if isinstance(value, str)), None)


@dataclass
class _Rotation:
    """One call of a function that applies them."""

    caller: str
    name: str
    function: Callable[..., Any]
    arguments: Arguments
    angles: _Angles

    @property
    def rotated(self) -> list[str]:
        """The arguments that are rotated: all floating ones that no angle module made."""
        made = [id(tensor) for tensor in self.angles.made]
        return [key for key, value in self.arguments.items() if _is_floating(value) and id(value) not in made]

    @property
    def kind(self) -> tuple[Any, ...]:
        """The same for calls that do the same: what is called, for which kind of layer, on vectors of which width."""
        width = self.arguments[self.rotated[0]].shape[-1]
        return self.angles.path, self.angles.layer_type, self.name, width


@dataclass
class _Watch:
    """Records the calls of short forwards."""

    path: list[str] = field(default_factory=list)  # of the modules that are running
    angles: list[_Angles] = field(default_factory=list)
    rotations: list[_Rotation] = field(default_factory=list)
    unknown: str | None = None  # a function whose cosines no known module made

    @contextmanager
    def watching(self, model: nn.Module) -> Iterator[None]:
        with ExitStack() as undo:
            for path, module in module_paths(model):
                undo.callback(module.register_forward_pre_hook(self._begin(path), with_kwargs=True).remove)
                undo.callback(module.register_forward_hook(self._end(path), with_kwargs=True, always_call=True).remove)
            for namespace in {sys.modules[type(module).__module__] for module in model.modules()}:
                for name, function in list(vars(namespace).items()):
                    if "rotary" in name and inspect.isfunction(function):
                        setattr(namespace, name, self._rotation(name, function))
                        undo.callback(setattr, namespace, name, function)
            yield

    def _begin(self, path: str) -> Callable[..., None]:
        def begin(module: nn.Module, args: tuple[Any, ...], kwargs: Arguments) -> None:
            self.path.append(path)

        return begin

    def _end(self, path: str) -> Callable[..., None]:
        def end(module: nn.Module, args: tuple[Any, ...], kwargs: Arguments, output: Any) -> None:
            self.path.pop()
            if "rotary" not in f"{path} {type(module).__name__}".lower():
                return
            arguments = _bound(module.forward, args, kwargs)
            made = [value for value in (output if isinstance(output, tuple) else (output,)) if _is_tensor(value)]
            if made and any(_is_positions(value) for value in arguments.values()):
                self.angles.append(_Angles(path, module, arguments, made))

        return end

    def _rotation(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def rotation(*args: Any, **kwargs: Any) -> Any:
            arguments = _bound(function, args, kwargs)
            given = [id(value) for value in arguments.values()]
            for angles in reversed(self.angles):
                if any(id(tensor) in given for tensor in angles.made):
                    self.rotations.append(_Rotation(self.path[-1], name, function, arguments, angles))
                    break
            else:
                self.unknown = name
            return function(*args, **kwargs)

        return rotation


def rope(context: Context, loaded: LoadedModel, sweeps: list[Sweep]) -> dict[str, Any]:
    """Serves `rope` of the protocol."""
    with loaded.computing() as model:
        length = capture_length(_head_counts(model.config))
        passes = _short_forwards(model, length)
        kinds: dict[tuple[Any, ...], _Rotation] = {}
        users: dict[tuple[str, tuple[Any, ...]], list[list[int]]] = {}
        for number, rotations in enumerate(passes):
            for rotation in rotations:
                kinds.setdefault(rotation.kind, rotation)
                starts = users.setdefault((rotation.caller, rotation.kind), [[] for _ in passes])
                start = int(rotation.angles.positions.reshape(-1)[0])
                starts[number] += [start] * len(rotation.rotated)
        names = {kind: f"rope.{number}" for number, kind in enumerate(kinds)}
        for kind, rotation in kinds.items():
            for sweep in sweeps:
                context.tensor(f"{names[kind]}:{sweep.tensor}", *to_numpy(_response(context, rotation, sweep, length)))
    return {
        "embeddings": [
            {
                "name": names[kind],
                "class": type(rotation.angles.module).__name__,
                "module": rotation.angles.path,
                "function": rotation.name,
                "layer_type": rotation.angles.layer_type,
                "width": kind[-1],
            }
            for kind, rotation in kinds.items()
        ],
        "users": [
            {"path": caller, "embedding": names[kind], "starts": starts} for (caller, kind), starts in users.items()
        ],
    }


def _short_forwards(model: Any, length: int) -> list[list[_Rotation]]:
    """The rotations of a forward without a cache, of one with an empty cache, and of one token more behind it."""
    ids = torch.arange(length)[None] % model.config.get_text_config().vocab_size
    found: list[list[_Rotation]] = []
    cache = None
    for tokens, cached in ((ids, False), (ids, True), (ids[:, :1], True)):
        watch = _Watch()
        with watch.watching(model):
            output = model(input_ids=tokens, use_cache=cached, past_key_values=cache if cached else None)
        cache = getattr(output, "past_key_values", None)
        if watch.unknown:
            raise ProbeError("unsupported", f"{watch.unknown} gets its angles from no module that is given positions")
        found.append(watch.rotations)
    if not any(found) and any("rotary" in type(module).__name__.lower() for module in model.modules()):
        raise ProbeError("unsupported", "the modeling file rotates without a function that could be called alone")
    return found


def _response(context: Context, rotation: _Rotation, sweep: Sweep, length: int) -> torch.Tensor:
    """[starts, rows, length, basis vector, width]: what becomes of each basis vector at each position."""
    array = rotation.arguments[rotation.rotated[0]]
    places = next((axis for axis in (2, 1) if array.dim() == 4 and array.shape[axis] == length), None)
    if places is None:
        raise ProbeError("unsupported", f"{rotation.name} rotates arrays of the shape {list(array.shape)}")
    width = array.shape[-1]
    basis = torch.eye(width, dtype=array.dtype).reshape(1, 1, width, width).expand(sweep.rows, sweep.length, -1, -1)
    given = basis if places == 1 else basis.transpose(1, 2)
    found = []
    for start in sweep.starts:
        context.check_cancelled()
        angles = _angles_at(rotation.angles, sweep.rows, torch.arange(start, start + sweep.length))
        replaced: dict[int, torch.Tensor] = dict(
            zip((id(old) for old in rotation.angles.made), angles, strict=True)
        ) | {id(rotation.arguments[key]): given.contiguous() for key in rotation.rotated}
        arguments = {key: replaced.get(id(value), value) for key, value in rotation.arguments.items()}
        output = _called(rotation.function, arguments)
        first = output[0] if isinstance(output, tuple) else output
        found.append(first if places == 1 else first.transpose(1, 2))
    return torch.stack(found)


def _angles_at(angles: _Angles, rows: int, positions: torch.Tensor) -> list[torch.Tensor]:
    """What the module makes of other positions. A copy is called: some keep what longer texts have changed."""
    like = angles.positions
    given = positions.to(like.dtype).expand(*like.shape[:-2], rows, -1)
    arguments = {}
    for key, value in angles.arguments.items():
        states = _is_floating(value) and value.dim() == 3
        arguments[key] = value[:1, :1].expand(rows, len(positions), -1) if states else given if value is like else value
    config = getattr(angles.module, "config", None)
    module = copy.deepcopy(angles.module, {id(config): config})
    output = _called(module.forward, arguments)
    return [value for value in (output if isinstance(output, tuple) else (output,)) if _is_tensor(value)]


def _bound(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Arguments) -> Arguments:
    """The arguments by name; those of `**kwargs` too."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    arguments = dict(bound.arguments)
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            arguments |= arguments.pop(name, {})
    return arguments


def _called(function: Callable[..., Any], arguments: Arguments) -> Any:
    return function(**arguments)


def _head_counts(config: Any) -> set[int]:
    text = config.get_text_config()
    names = ("num_attention_heads", "num_key_value_heads", "index_n_heads")
    return {getattr(text, name, None) or 0 for name in names}


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def _is_floating(value: Any) -> bool:
    return _is_tensor(value) and value.is_floating_point()


def _is_positions(value: Any) -> bool:
    return _is_tensor(value) and value.dtype in (torch.int32, torch.int64) and value.dim() >= 2
