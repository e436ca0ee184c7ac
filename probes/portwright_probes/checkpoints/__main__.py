"""Writes a checkpoint: `python -m portwright_probes.checkpoints {builtin NAME | synthetic TYPE[#VARIANT]} OUT`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..errors import ProbeError
from .builtin import unpack_builtin
from .synthetic import synthesize


def main() -> int:
    """Parses the command line, writes, and gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m portwright_probes.checkpoints", description=__doc__)
    parser.add_argument("kind", choices=["builtin", "synthetic"])
    parser.add_argument("name", help="smollm2, or a model type with an optional #variant")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    try:
        if arguments.kind == "builtin":
            result = unpack_builtin(arguments.name, arguments.out)
        else:
            model_type, _, variant = arguments.name.partition("#")
            result = synthesize(model_type, variant or None, arguments.seed, arguments.out)
    except ProbeError as error:
        print(f"error: {error.sentence}", file=sys.stderr)
        return 1
    print(f"{result['folder']}: {'made' if result['made'] else 'already there, unchanged'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
