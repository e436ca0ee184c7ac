"""Becomes the program that the wheel carries: `portwright` and `python -m portwright` are the same."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn


def main() -> NoReturn:
    """Replace this process by the program, so that signals and the exit status are the program's own."""
    program = Path(__file__).parent / "bin" / "portwright"
    os.execv(program, ["portwright", *sys.argv[1:]])


if __name__ == "__main__":
    main()
