"""What is kept of a row of logits: the two best ids, a log probability, the entropy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

# Rows that are widened to float64 at once: 64 rows of a vocabulary of 128,000 take 64 MB.
_BLOCK_ROWS = 64


class LogitsStatistics:
    """Statistics of rows of logits, one after another.

    Computed in float64 from the logits as they are, so that they carry the model's error alone. Natural logarithms.
    """

    def __init__(self) -> None:
        self._top: list[list[int]] = []
        self._top_logits: list[list[float]] = []
        self._logprob: list[float] = []
        self._entropy: list[float] = []

    def add(self, logits: torch.Tensor, chosen: Sequence[int]) -> None:
        """logits: [rows, vocabulary]; chosen: the id of each row whose log probability is kept."""
        for begin in range(0, len(logits), _BLOCK_ROWS):
            block = logits[begin : begin + _BLOCK_ROWS].double()
            self._add(block, torch.tensor(chosen[begin : begin + _BLOCK_ROWS]))

    def as_json(self) -> dict[str, Any]:
        """One list entry a row; `top` best first."""
        return {
            "top": self._top,
            "top_logits": self._top_logits,
            "logprob": self._logprob,
            "entropy": self._entropy,
        }

    def _add(self, logits: torch.Tensor, chosen: torch.Tensor) -> None:
        # Not topk: among equal logits, frequent in bfloat16, the best must be the id that greedy decoding takes.
        best = logits.argmax(dim=-1, keepdim=True)
        second = logits.scatter(-1, best, -torch.inf).argmax(dim=-1, keepdim=True)
        top = torch.cat((best, second), dim=-1)
        logprobs = logits.log_softmax(dim=-1)
        self._top += top.tolist()
        self._top_logits += logits.gather(-1, top).tolist()
        self._logprob += logprobs.gather(-1, chosen[:, None]).squeeze(-1).tolist()
        self._entropy += torch.special.entr(logprobs.exp()).sum(dim=-1).tolist()
