"""A started worker of the Hub's side that talks to a Hub on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_hub import LocalHub
from probe_client import ProbeClient


@contextmanager
def worker(folder: Path, hub: LocalHub, **environment: str) -> Iterator[ProbeClient]:
    """The worker's cache is below `folder`; keywords are set in its environment."""
    exchange = folder / "exchange"
    exchange.mkdir(exist_ok=True)
    settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "home"), "HF_HUB_DISABLE_TELEMETRY": "1"}
    client = ProbeClient("hub", exchange, environment={**settings, **environment})
    try:
        yield client
    finally:
        client.close()
