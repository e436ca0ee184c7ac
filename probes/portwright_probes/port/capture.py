"""Watches the module calls of one forward: describes and sends what goes in and out, and puts given tensors in place.

Every module's class is replaced, for the time of the forward, by a subclass of itself whose call goes through here, so
that isinstance, named_modules and deepcopy see no difference. What a module gets and gives is evaluated where it is
captured: a lazy graph would hold every layer's arrays until the end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import translate
from typing import Any

import mlx.core as mx
from mlx import nn

from ..on_request import may_ask
from ..wire import Context
from .arrays import dtype_word, file_dtype, is_floating, to_numpy
from .attention import watch_attention
from .forcing import Forced
from .hooks import hooked_classes
from .identity import SeenArrays
from .paths import ROOT, ModulePaths
from .recurrence import watch_recurrence
from .routing import Routing, routing_of, show_routing
from .selective_scan import watch_scans
from .sorting import Sorting, watch_sorting


@dataclass
class _Call:
    """One running call. record: its entry in the answer, None where the call was not asked for."""

    name: str
    path: str
    parent: _Call | None
    record: dict[str, Any] | None
    sorting: Sorting | None = None  # of the tokens of this call's children
    routed: bool = False  # a switch layer, or within one


@dataclass
class Selection:
    """What is captured: globs over module paths (`!GLOB` takes away), points, and whether they are only described."""

    paths: Sequence[str]
    points: Sequence[str] = ("in", "out")
    dtype_only: bool = False
    _wanted: list[tuple[str, re.Pattern[str]]] = field(init=False)
    _unwanted: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        self._wanted = [(glob, _any_of([glob])) for glob in self.paths if not glob.startswith("!")]
        self._unwanted = _any_of(glob[1:] for glob in self.paths if glob.startswith("!"))

    def takes(self, path: str) -> bool:
        """Whether calls of this path are captured."""
        is_wanted = any(pattern.match(path) and may_ask(glob, path) for glob, pattern in self._wanted)
        return is_wanted and self._unwanted.match(path) is None


def _any_of(globs: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob) for glob in globs) or r"(?!)")


class Reached(BaseException):
    """Ends a forward that has given what it was run for. Not an Exception: a port must not catch it."""


class Watcher:
    """Watches one forward of `model`. After it, `records` holds the calls in the order they began.

    until: the name of a call after whose output the forward is ended with `Reached`.
    """

    def __init__(
        self, model: nn.Module, context: Context, selection: Selection, forced: Forced, until: str | None = None
    ) -> None:
        self.records: list[dict[str, Any]] = []
        self._context = context
        self._selection = selection
        self._forced = forced
        self._until = until
        self._paths = ModulePaths(model)
        self._counts: Counter[str] = Counter()
        self._running: _Call | None = None
        self._ended = 0
        self._seen = SeenArrays()
        self._handed_out = SeenArrays()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Puts the hooks in place for the time of this context, and turns compilation off."""
        with (
            watch_sorting(self._note_sorting),
            watch_attention(self._paths.modules, self._function),
            watch_recurrence(self._paths.modules, self._function),
            watch_scans(self._paths.modules, self._function),
            hooked_classes(self._paths.modules, self._hooked),
        ):
            yield

    def _hooked(self, kind: type) -> type:
        methods: dict[str, Any] = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
        for name, suffix in (("__call__", ""), ("as_linear", ".as_linear")):
            # A class without a call of its own would still show its metaclass's.
            if any(name in base.__dict__ for base in kind.__mro__):
                methods[name] = self._hook(kind, getattr(kind, name), suffix)
        return type(kind.__name__, (kind,), methods)

    def _hook(self, kind: type, native: Callable[..., Any], suffix: str) -> Callable[..., Any]:
        def hook(module: nn.Module, *arguments: Any, **options: Any) -> Any:
            self._context.check_cancelled()
            routing = self._show_routing(module, arguments, options)
            path = self._paths.of(module, self._running.path if self._running else None) + suffix
            call = self._begin(path, kind.__name__)
            call.routed = call.routed or routing is not None
            try:
                arguments, options = self._enter(call, arguments, options)
                return self._leave(call, native(module, *arguments, **options))
            finally:
                self._running = call.parent

        return hook

    @contextmanager
    def _function(self, name: str, scalars: dict[str, float]) -> Iterator[_FunctionCall]:
        """A call of a function of the running module, `PATH.@NAME#N`."""
        owner = self._running.path if self._running else ROOT
        call = self._begin(f"{owner}.@{name}", "function")
        if call.record is not None and scalars:
            call.record["scalars"] = scalars
        try:
            yield _FunctionCall(self, call)
            self._end(call)
        finally:
            self._running = call.parent

    def _show_routing(self, module: nn.Module, arguments: tuple[Any, ...], options: dict[str, Any]) -> Routing | None:
        """Tells of the choice that a switch layer is given; the layers within it are given the same."""
        if self._running is None or self._running.routed:
            return None
        routing = routing_of(module, arguments, options)
        if routing is not None:
            show_routing(routing, lambda name: self._function(name, {}))
        return routing

    def _begin(self, path: str, class_name: str) -> _Call:
        parent = self._running
        name = f"{path}#{self._counts[path]}"
        self._counts[path] += 1
        record = None
        if self._selection.takes(path):
            record = {
                "call": name,
                "class": class_name,
                "parent": parent.name if parent else None,
                "in": None,
                "out": None,
            }
            self.records.append(record)
        self._running = _Call(name, path, parent, record, routed=parent is not None and parent.routed)
        return self._running

    def _enter(
        self, call: _Call, arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        values: dict[int | str, Any] = dict(enumerate(arguments))
        values.update(options)
        key = next((key for key, value in values.items() if is_floating(value)), None)
        if key is None:
            return arguments, options
        values[key] = self._pass(call, "in", values[key])
        count = len(arguments)
        return tuple(values[i] for i in range(count)), {name: values[name] for name in options}

    def _leave(self, call: _Call, output: Any) -> Any:
        if is_floating(output):
            output = self._pass(call, "out", output)
        elif isinstance(output, (tuple, list)):
            index = next((i for i, value in enumerate(output) if is_floating(value)), None)
            if index is not None:
                items = list(output)
                items[index] = self._pass(call, "out", items[index])
                # A named tuple takes its fields one by one.
                output = type(output)(*items) if hasattr(output, "_fields") else type(output)(items)
        self._end(call)
        return output

    def _end(self, call: _Call) -> None:
        if call.record is not None:
            call.record["order_out"] = self._ended
            self._ended += 1
        if call.name == self._until:
            raise Reached

    def _pass(self, call: _Call, side: str, array: mx.array) -> mx.array:
        """Captures an array on its way; returns it, or the tensor given in its place."""
        sorting = call.parent.sorting if call.parent else None
        if sorting is not None and not sorting.applies_to(array):
            sorting = None
        if call.record is not None and side in self._selection.points:
            call.record[side] = self._capture(f"{call.name}:{side}", array, sorting)
        if not self._forced.has(call.name, side):
            return array
        shape = tuple(array.shape) if sorting is None else sorting.shape + tuple(array.shape[1:])
        given = self._forced.array(call.name, side, shape, array.dtype)
        if sorting is not None:
            given = sorting.redo(given)
        self._handed_out.add(given, to_numpy(given), f"{call.name}:{side}")
        return given

    def _capture(self, point: str, array: mx.array, sorting: Sorting | None) -> dict[str, Any]:
        forced, same_as = None, None
        shape = list(array.shape) if sorting is None else [*sorting.shape, *array.shape[1:]]
        if not self._selection.dtype_only:
            elements = to_numpy(array)
            forced = self._handed_out.find(array, elements)
            same_as = None if forced else self._seen.find(array, elements)
            if forced is None and same_as is None:
                self._seen.add(array, elements, point)
                ordered = elements if sorting is None else to_numpy(sorting.undo(array))
                self._context.tensor(point, ordered, file_dtype(array.dtype))
        return {"dtype": dtype_word(array.dtype), "shape": shape, "same_as": same_as, "forced": forced}

    def _note_sorting(self, sorting: Sorting) -> None:
        if self._running is not None:
            self._running.sorting = sorting


@dataclass
class _FunctionCall:
    """The running call of a function; see attention.FunctionCall."""

    watcher: Watcher
    call: _Call

    @property
    def is_asked_for(self) -> bool:
        return self.call.record is not None

    def passes(self, side: str, array: mx.array) -> mx.array:
        return self.watcher._pass(self.call, side, array)
