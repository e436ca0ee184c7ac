"""Lets the tests import the probes from the source tree, and the helpers beside them; a worker of each side."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from synthetic_sides import Sides

_HERE = Path(__file__).resolve().parent
for folder in (_HERE.parents[1] / "probes", _HERE.parent, _HERE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    """A worker of each side."""
    from synthetic_sides import both_sides

    with both_sides(tmp_path_factory) as clients:
        yield clients
