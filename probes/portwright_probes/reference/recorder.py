"""Watches one forward module call by module call: captures points, replaces them, and knows who called whom."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ..on_request import may_ask
from ..wire import Context
from .arrays import Identities, find_input, output_array, with_output_array
from .attention import watch_attention
from .convolution import watch_convolutions
from .forced import Forced
from .merged import Merged
from .recurrence import watch_recurrence
from .routing import experts_of, show_routing
from .selective_scan import watch_scans
from .tensors import dtype_name, to_numpy

ROOT = "(root)"


def module_paths(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """The model's modules by path, the model itself as `(root)`."""
    return [(path or ROOT, module) for path, module in model.named_modules()]


@dataclass(frozen=True)
class Capture:
    """Which points of which modules are described (`!GLOB` takes away), and whether their elements are sent too."""

    globs: Sequence[str] = ()
    points: Collection[str] = ("in", "out")
    send: bool = True

    def wants(self, path: str) -> bool:
        """Whether the module's calls are described at all."""
        asking = [glob for glob in self.globs if not glob.startswith("!") and may_ask(glob, path)]
        wanted = any(fnmatch.fnmatchcase(path, glob) for glob in asking)
        return wanted and not any(fnmatch.fnmatchcase(path, glob[1:]) for glob in self.globs if glob.startswith("!"))


class LastCallEnded(Exception):
    """Ends a forward whose remainder nobody needs."""


class Recorder:
    """Hooks for one forward of one model.

    `calls` holds the described calls in the order they began, as the protocol's `forward` answers them.
    """

    def __init__(self, context: Context, capture: Capture, forced: Forced, last_call: str | None = None) -> None:
        """`last_call`: the call at whose end LastCallEnded is raised."""
        self._context = context
        self._capture = capture
        self._forced = forced
        self._last_call = last_call
        self._counts: Counter[str] = Counter()
        self._open: list[tuple[str, dict[str, Any] | None]] = []  # calls that began and did not end
        self._ended = 0
        self._captured = Identities()
        self._given = Identities()
        self._handed_out = Identities()  # what calls return beside their one array
        self.calls: list[dict[str, Any]] = []

    @contextmanager
    def watching(self, model: nn.Module, merged: Merged | None = None) -> Iterator[None]:
        """Within it, a forward of `model` is recorded. merged: its convolutions that are shown part by part, too."""
        with ExitStack() as undo:
            for path, module in module_paths(model):
                for handle in self._watch(path, module):
                    undo.callback(handle.remove)
            undo.enter_context(watch_attention(model, self))
            undo.enter_context(watch_recurrence(model, self))
            undo.enter_context(watch_scans(model, self))
            undo.enter_context(watch_convolutions(model, self, merged or {}))
            yield

    @contextmanager
    def function(
        self, name: str, scalars: dict[str, float], facts: dict[str, Any] | None = None
    ) -> Iterator[FunctionCall]:
        """Records a call of a function of the running module as `PATH.@NAME#N`, with scalar arguments.

        facts: what else its record says.
        """
        owner = self._open[-1][0].rpartition("#")[0] if self._open else ROOT
        with self.module(f"{owner}.@{name}", "function") as call:
            call.says({"scalars": scalars} if scalars else {})
            call.says(facts or {})
            yield call

    def shown(self, name: str, array: torch.Tensor) -> torch.Tensor:
        """Records a call of a function that is given one array; what is to go on in the array's place."""
        with self.function(name, {}) as call:
            return call.passes("in", array)

    @contextmanager
    def module(self, path: str, kind: str) -> Iterator[FunctionCall]:
        """Records as a call `PATH#N` what other code computes for a module that is not called; kind: its class."""
        record = self._open_call(path, kind, self._capture.wants(path))
        call = self._open[-1][0]
        yield FunctionCall(self, record, call)
        self._close_call(call)

    def maker_of(self, *arrays: torch.Tensor) -> str | None:
        """The call that returned one of these very arrays among others; None where no module did."""
        return next((name for array in arrays if (name := self._handed_out.name(array))), None)

    def _watch(self, path: str, module: nn.Module) -> list[Any]:
        wanted = self._capture.wants(path)
        experts = experts_of(module)

        def begin(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if experts is not None:
                show_routing(self, experts, args, kwargs)
            return self._begin(path, module, wanted, args, kwargs)

        def end(module: nn.Module, args: tuple[Any, ...], output: Any) -> Any:
            return self._end(output)

        return [module.register_forward_pre_hook(begin, with_kwargs=True), module.register_forward_hook(end)]

    def _begin(self, path: str, module: nn.Module, wanted: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._context.check_cancelled()
        record = self._open_call(path, type(module).__name__, wanted)
        call = self._open[-1][0]
        key = find_input(args, kwargs)
        if key is None:
            return None
        given = self._pass(record, "in", call, args[key] if isinstance(key, int) else kwargs[key])
        if given is None:
            return None
        if isinstance(key, int):
            return (*args[:key], given, *args[key + 1 :]), kwargs
        return args, {**kwargs, key: given}

    def _end(self, output: Any) -> Any:
        self._context.check_cancelled()
        call, record = self._open[-1]
        for value in output if isinstance(output, (tuple, list)) else ():
            if isinstance(value, torch.Tensor):
                self._handed_out.remember(value, call)
        array = output_array(output)
        given = None if array is None else self._pass(record, "out", call, array)
        self._close_call(call)
        return None if given is None else with_output_array(output, given)

    def _open_call(self, path: str, kind: str, wanted: bool) -> dict[str, Any] | None:
        call = f"{path}#{self._counts[path]}"
        self._counts[path] += 1
        record: dict[str, Any] | None = None
        if wanted:
            parent = self._open[-1][0] if self._open else None
            record = {"call": call, "class": kind, "parent": parent, "in": None, "out": None}
            self.calls.append(record)
        self._open.append((call, record))
        return record

    def _close_call(self, call: str) -> None:
        _, record = self._open.pop()
        if record is not None:
            record["order_out"] = self._ended
        self._ended += 1
        if call == self._last_call:
            raise LastCallEnded

    def _pass(self, record: dict[str, Any] | None, side: str, call: str, array: torch.Tensor) -> torch.Tensor | None:
        """Captures an array on its way; the tensor to put in its place, or None."""
        self._describe(record, side, call, array)
        return self._replacement(f"{call}:{side}", array)

    def _replacement(self, point: str, replaced: torch.Tensor) -> torch.Tensor | None:
        given = self._forced.take(point, replaced)
        if given is not None:
            self._given.remember(given, point)
        return given

    def _describe(self, record: dict[str, Any] | None, side: str, call: str, array: torch.Tensor) -> None:
        if record is None or side not in self._capture.points:
            return
        point = f"{call}:{side}"
        forced = self._given.name(array)
        same_as = None if forced else self._captured.name(array)
        record[side] = {
            "dtype": dtype_name(array.dtype),
            "shape": list(array.shape),
            "same_as": same_as,
            "forced": forced,
        }
        if forced is not None or same_as is not None:
            return
        self._captured.remember(array, point)
        if self._capture.send:
            self._context.tensor(point, *to_numpy(array))


class FunctionCall:
    """The running call of a function, which `Recorder.function` or `Recorder.module` records."""

    def __init__(self, recorder: Recorder, record: dict[str, Any] | None, call: str) -> None:
        self._recorder = recorder
        self._record = record
        self._call = call

    @property
    def is_asked_for(self) -> bool:
        """Whether the call is described: what takes long to make for it need not be made otherwise."""
        return self._record is not None

    def says(self, facts: dict[str, Any]) -> None:
        """Adds to the call's record."""
        if self._record is not None:
            self._record.update(facts)

    def passes(self, side: str, array: torch.Tensor) -> torch.Tensor:
        """Captures what the function was given (`in`) or made (`out`); what is to go on in its place."""
        given = self._recorder._pass(self._record, side, self._call, array)
        return array if given is None else given
