"""Which path a called module has: one object may stand at several."""

from __future__ import annotations

from collections.abc import Iterable

from mlx import nn

from ..errors import ProbeError

ROOT = "(root)"


def modules_at(model: nn.Module, paths: Iterable[str]) -> dict[str, nn.Module]:
    """The modules of these paths. ProbeError `bad_request` for a path that is none."""
    modules = {path or ROOT: module for path, module in model.named_modules()}
    wanted = {}
    for path in paths:
        if path not in modules:
            raise ProbeError("bad_request", f"there is no module {path!r}")
        wanted[path] = modules[path]
    return wanted


class ModulePaths:
    """The paths of a model's modules by object; `(root)` for the model itself."""

    def __init__(self, model: nn.Module) -> None:
        self.modules: list[nn.Module] = []
        self._paths: dict[int, list[str]] = {}
        for path, module in model.named_modules():
            if id(module) not in self._paths:
                self.modules.append(module)
            self._paths.setdefault(id(module), []).append(path or ROOT)
        for paths in self._paths.values():
            paths.sort()

    def of(self, module: nn.Module, caller: str | None) -> str:
        """The module's path; of several, the one that shares most with its caller's."""
        paths = self._paths[id(module)]
        if len(paths) == 1 or caller is None:
            return paths[0]
        return max(paths, key=lambda path: _common(path.split("."), caller.split(".")))


def _common(a: list[str], b: list[str]) -> int:
    count = 0
    for left, right in zip(a, b, strict=False):
        if left != right:
            break
        count += 1
    return count
