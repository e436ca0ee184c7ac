"""What a worker answers instead of a result."""

from __future__ import annotations

import errno
import traceback
from pathlib import Path

KINDS = (
    "bad_request", "checkpoint", "port", "reference", "unsupported", "environment",
    "memory", "disk", "cancelled", "internal",
)  # fmt: skip

_DETAIL_LINES = 30
_PROBES = str(Path(__file__).parent)


class ProbeError(Exception):
    """An error with a kind of the protocol.

    sentence: one line for a person. detail: the last lines of a traceback, or None. where: "FILE:LINE" of the measured
    code's own line nearest the error, or None.
    """

    def __init__(self, kind: str, sentence: str, detail: str | None = None, where: str | None = None) -> None:
        assert kind in KINDS, kind
        super().__init__(sentence)
        self.kind = kind
        self.sentence = " ".join(sentence.split())
        self.detail = detail
        self.where = where

    def as_json(self) -> dict[str, str]:
        """As an answer holds it."""
        fields = {"kind": self.kind, "sentence": self.sentence, "detail": self.detail, "where": self.where}
        return {key: value for key, value in fields.items() if value is not None}


def describe(error: BaseException) -> str:
    """The error in one line, with its type where the text alone says little."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def last_lines(error: BaseException) -> str:
    """The end of the error's traceback."""
    return _end_of(traceback.TracebackException.from_exception(error))


def last_measured_lines(error: BaseException) -> str:
    """The end of the error's traceback without the frames that only led into the measured code."""
    shown: traceback.TracebackException | None = (told := traceback.TracebackException.from_exception(error))
    while shown is not None:
        frames = [frame for frame in shown.stack if not frame.filename.startswith((_PROBES, "<frozen importlib"))]
        shown.stack = traceback.StackSummary.from_list(frames)
        shown = shown.__cause__ or shown.__context__
    return _end_of(told)


def _end_of(told: traceback.TracebackException) -> str:
    lines = "".join(told.format()).splitlines()
    return "\n".join(lines[-_DETAIL_LINES:])


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocator gave up; the libraries say so in their own ways."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and any(words in text for words in ("unable to allocate", "can't allocate memory"))
    )


def as_probe_error(error: BaseException, kind: str = "internal") -> ProbeError:
    """Turns any exception into one with a kind: `kind`, unless it is about memory or disk."""
    if isinstance(error, ProbeError):
        return error
    if is_out_of_memory(error):
        return ProbeError("memory", describe(error), last_lines(error))
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return ProbeError("disk", describe(error), last_lines(error))
    return ProbeError(kind, describe(error), last_lines(error))
