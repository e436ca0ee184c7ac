"""Whose exception it is: the port's, with its line, or not."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import ProbeError, as_probe_error, describe, last_measured_lines

_PROBES = str(Path(__file__).parent.parent)
# What MLX says for kernels that a backend does not have.
_MISSING_KERNEL = ("currently only supports", "not implemented", "not yet implemented", "no cpu implementation", "nyi")


def port_line(error: BaseException, file: str) -> str | None:
    """FILE:LINE of the innermost frame in the port's file, else in any model file of mlx-lm; None if there is none."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    for belongs in (lambda name: name == file, _is_model_file):
        for frame in reversed(frames):
            if belongs(frame.filename):
                return f"{frame.filename}:{frame.lineno}"
    return None


@contextmanager
def port_code(file: str) -> Iterator[None]:
    """Turns what the port's code raises, SystemExit included, into ProbeError `port`.

    Exceptions out of the probes' own frames stay what they are, and so does the want of memory.
    """
    try:
        yield
    except (ProbeError, KeyboardInterrupt):
        raise
    except BaseException as error:
        if _is_ours(error):
            raise
        known = as_probe_error(error)
        if known.kind == "memory":
            raise known from error
        text, lines, line = str(error).lower(), last_measured_lines(error), port_line(error, file)
        if isinstance(error, RuntimeError) and any(words in text for words in _MISSING_KERNEL):
            raise ProbeError("unsupported", describe(error), lines, line) from error
        raise ProbeError("port", describe(error), lines, line) from error


def _is_ours(error: BaseException) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and frames[-1].filename.startswith(_PROBES) and frames[-1].name != "evaluate"


def _is_model_file(name: str) -> bool:
    return "/mlx_lm/models/" in name
