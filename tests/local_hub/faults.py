"""What goes wrong on the way: rules that are asked before a request is answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Fault:
    """One thing that goes wrong with the requests whose "METHOD PATH" a pattern is found in, `times` times."""

    pattern: str
    times: int = 1_000_000
    after: int = 0  # the first so many that fit go well
    status: int = 0  # answered in place of the answer; 0: the answer comes
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut_after: int | None = None  # bytes of the body after which the connection is closed
    flip_byte: int | None = None  # of the body, at this place in the file: sent wrong
    ignores_range: bool = False  # the whole file comes, with status 200
    seconds: float = 0  # to wait before the answer
    seconds_a_chunk: float = 0  # to wait before each 64 KiB of the body
    does: Callable[[], None] | None = None  # called before the answer

    def takes(self, request: str) -> bool:
        """Whether this request is one of those; counts it."""
        if not re.search(self.pattern, request):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times <= 0:
            return False
        self.times -= 1
        return True
