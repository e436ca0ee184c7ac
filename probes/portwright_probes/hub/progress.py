"""huggingface_hub's progress bars, told to the engine instead of drawn."""

from __future__ import annotations

import threading
import time
from typing import Any

from huggingface_hub.utils import tqdm

from ..wire import Context

_SECONDS_BETWEEN = 0.2


def told_progress(context: Context) -> type:
    """A class of progress bars for `snapshot_download` that tells bytes done and expected, and ends at cancellation.

    The expected bytes grow while sizes become known. There may be a bar for what arrived and one for what is written;
    the one that is ahead is told. Bars that count files are silent.
    """
    lock = threading.Lock()  # several files arrive at once
    bars: list[Any] = []
    told = time.monotonic()

    class ToldProgress(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "disable": True})
            self.n, self.total = kwargs.get("initial", 0), kwargs.get("total")  # a disabled bar sets neither
            if kwargs.get("unit") == "B":
                bars.append(self)

        def update(self, n: float | None = 1) -> None:
            nonlocal told
            context.check_cancelled()
            with lock:
                self.n += n or 0
                if bars and time.monotonic() - told >= _SECONDS_BETWEEN:
                    told = time.monotonic()
                    context.progress(int(max(bar.n for bar in bars)), int(max(bar.total or 0 for bar in bars)))

    return ToldProgress
