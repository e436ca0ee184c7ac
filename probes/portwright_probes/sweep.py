"""What a sweep of rotary embeddings asks for: which positions, in sequences of which length and rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import ProbeError

# Of the short forwards in which the model shows how it uses its embeddings: without a cache, with an empty one, and
# one token more behind it. Never as long as a model has heads, so that the axis of positions can be told.
LENGTHS = (3, 5, 7, 11)


@dataclass(frozen=True)
class Sweep:
    """Sequences of `length` tokens in `rows` equal rows, one sequence for each first position in `starts`."""

    rows: int
    length: int
    starts: list[int]

    @property
    def tensor(self) -> str:
        """The end of the tensor's name: `ROWSxLENGTH`."""
        return f"{self.rows}x{self.length}"


def parse_sweeps(sweeps: list[dict[str, Any]]) -> list[Sweep]:
    """From the request's argument; ProbeError `bad_request` where it has another form."""
    parsed = []
    for entry in sweeps:
        numbers = [entry.get("rows"), entry.get("length"), *(entry.get("starts") or [None])]
        counts = all(isinstance(number, int) and not isinstance(number, bool) for number in numbers)
        if set(entry) != {"rows", "length", "starts"} or not counts or min(numbers[:2]) < 1 or min(numbers[2:]) < 0:
            raise ProbeError("bad_request", "a sweep is {rows, length, starts: [positions]}, whole numbers")
        parsed.append(Sweep(**entry))
    if len({sweep.tensor for sweep in parsed}) != len(parsed):
        raise ProbeError("bad_request", "two sweeps have the same rows and length")
    return parsed


def capture_length(head_counts: set[int]) -> int:
    """How many tokens the short forwards have."""
    return next(length for length in LENGTHS if length not in head_counts)
