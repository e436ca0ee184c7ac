"""Says which build of torch pip would install, from a report of `pip install --dry-run --report`.

Prints `cpu`, or `cuda BYTES` where the build brings CUDA libraries; BYTES is what would be downloaded, 0 where the
index does not tell.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path


def size_of(url: str) -> int:
    """Bytes behind a URL, 0 where the server does not say."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=20) as answer:
            return int(answer.headers.get("Content-Length", 0))
    except (OSError, ValueError):
        return 0


def main() -> None:
    """Read the report named on the command line."""
    packages = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["install"]
    if any(package["metadata"]["name"].lower().startswith("nvidia-") for package in packages):
        print("cuda", sum(size_of(package["download_info"]["url"]) for package in packages))
    else:
        print("cpu")


if __name__ == "__main__":
    main()
