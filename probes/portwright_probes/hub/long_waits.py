"""Keeps huggingface_hub from sleeping for as long as a Hub asks it to: hours, and nobody can stop it."""

from __future__ import annotations

import re
from typing import Any

import huggingface_hub

from ..errors import ProbeError

LONGEST_WAIT_SECONDS = 120.0


def refuse_long_waits() -> None:
    """From now on, an answer 429 that asks for more than two minutes is an error of its request, at once."""
    set_factory = getattr(huggingface_hub, "set_client_factory", None)
    if set_factory is None:
        return  # before huggingface_hub 1, which does not wait by itself
    from huggingface_hub.utils._http import default_client_factory

    def client() -> Any:
        made = default_client_factory()
        hooks = made.event_hooks
        made.event_hooks = {**hooks, "response": [*hooks.get("response", []), _look_at]}
        return made

    set_factory(client)


def asked_seconds(headers: Any) -> float | None:
    """How long the Hub asks to wait: Retry-After, else the end of a used-up window; None where it does not say."""
    text = str(headers.get("Retry-After") or "").strip()
    if text.isdigit():
        return float(text)
    window = re.search(r";\s*r\s*=\s*0\s*;\s*t\s*=\s*(\d+)", str(headers.get("RateLimit") or ""))
    return float(window[1]) if window else None


def _look_at(response: Any) -> None:
    if response.status_code != 429:
        return
    asked = asked_seconds(response.headers)
    if asked is not None and asked > LONGEST_WAIT_SECONDS:
        raise ProbeError("environment", f"the Hub has had too many requests (429): try again in {asked:.0f} seconds")
