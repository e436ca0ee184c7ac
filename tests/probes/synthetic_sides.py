"""Both sides' workers on synthetic checkpoints, and what is forced upon them, for the tests of what they capture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from portwright_probes import safetensors_io
from portwright_probes.checkpoints.synthetic import synthesize
from probe_client import ProbeClient

SIDES = ("reference", "port")

Sides = dict[str, ProbeClient]


@contextmanager
def both_sides(factory: pytest.TempPathFactory, environment: dict[str, str] | None = None) -> Iterator[Sides]:
    """A worker of each side, ended behind it."""
    clients = {side: ProbeClient(side, factory.mktemp(side), environment=environment) for side in SIDES}
    yield clients
    for client in clients.values():
        client.close()


def synthetic_folders(names: Iterable[str], factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A checkpoint of each `TYPE` or `TYPE#VARIANT`, at seed 0."""
    made = {}
    for name in names:
        model_type, _, variant = name.partition("#")
        made[name] = factory.mktemp(model_type) / "made"
        synthesize(model_type, variant or None, 0, made[name])
    return made


def recurrence_of(
    client: ProbeClient, folder: Path, ids: list[list[int]], port_file: str | None = None, force: Any = None
) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """The calls of recurrences in one float32 forward, and their points."""
    options = {"port_file": port_file} if port_file else {}
    model = client.ask("load", folder=str(folder), dtype="float32", **options)["model"]
    answer = client.ask("forward", model=model, ids=ids, capture=["*.@recurrence*"], logits="none", force=force)
    points = client.tensors
    client.ask("unload", model=model)
    return answer["calls"], points


def forced(folder: Path, points: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The `force` argument that puts each array at the point of its name, "PATH#N:in" or "PATH#N:out"."""
    file = folder / "given.safetensors"
    file.unlink(missing_ok=True)
    arrays = {name: np.ascontiguousarray(array) for name, array in points.items()}
    safetensors_io.write(file, {name: ("F32", array.shape, array.data) for name, array in arrays.items()})
    calls: dict[str, dict[str, str]] = {}
    for name in arrays:
        call, _, side = name.rpartition(":")
        calls.setdefault(call, {})[side] = name
    return {"files": [str(file)], "calls": calls}
