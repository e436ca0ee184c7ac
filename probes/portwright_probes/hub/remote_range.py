"""A few bytes of a file on the Hub, or of the same file in the cache."""

from __future__ import annotations

from huggingface_hub import constants, hf_hub_url
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

from ..errors import ProbeError
from ..wire import Context
from .cached import snapshot_folder
from .troubles import patiently

_LONGEST_SKIPPED_BYTES = 32 << 20  # of a server that ignores ranges and sends files from their beginning


def read_range(context: Context, repo: str, commit: str, name: str, begin: int, end: int) -> bytes:
    """The bytes from `begin` to before `end` of a file that reaches that far. Raises what the library raises."""
    held = snapshot_folder(repo, commit) / name
    if held.is_file():
        with held.open("rb") as file:
            file.seek(begin)
            found = file.read(end - begin)
    else:
        found = patiently(context, lambda: _asked(context, hf_hub_url(repo, name, revision=commit), begin, end))
    if len(found) < end - begin:
        raise ProbeError("checkpoint", f"{name} of {repo} ends before byte {end}, where the Hub lists more")
    return found


def _asked(context: Context, url: str, begin: int, end: int) -> bytes:
    try:
        from huggingface_hub.utils import http_stream_backoff
    except ImportError:  # before huggingface_hub 1
        raise ProbeError("unsupported", "this huggingface_hub reads no ranges: install version 1 or later") from None
    # A compressed answer knows no ranges.
    headers = {**build_hf_headers(), "Accept-Encoding": "identity", "Range": f"bytes={begin}-{end - 1}"}
    # Waiting is `patiently`'s, which can be cancelled.
    with http_stream_backoff(
        "GET", url, headers=headers, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT, max_retries=0, retry_on_exceptions=()
    ) as response:
        hf_raise_for_status(response)
        ahead = begin if response.status_code == 200 else 0
        if ahead > _LONGEST_SKIPPED_BYTES:
            raise ProbeError("environment", f"{constants.ENDPOINT} ignores ranges: fetch the repository and inspect it")
        found = bytearray()
        for piece in response.iter_bytes():
            context.check_cancelled()
            found += piece
            if len(found) >= ahead + end - begin:
                break
    return bytes(found[ahead : ahead + end - begin])
