"""Lets the tests import the probes from the source tree, and the helpers beside them."""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
for folder in (_HERE.parents[1] / "probes", _HERE.parent, _HERE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
