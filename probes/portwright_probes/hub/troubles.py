"""The library's errors as the protocol's, with what to do about them; and asking again where that helps."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TypeVar

from huggingface_hub import constants
from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from ..errors import ProbeError, as_probe_error, describe
from ..wire import Context
from .long_waits import LONGEST_WAIT_SECONDS, asked_seconds

Answer = TypeVar("Answer")

_TRIES = 4
_PASSING = (408, 429, 500, 502, 503, 504)


def is_offline(asked: bool) -> bool:
    """Whether only the cache may be looked at: asked for, or HF_HUB_OFFLINE."""
    return asked or bool(constants.HF_HUB_OFFLINE)


def patiently(context: Context, ask: Callable[[], Answer]) -> Answer:
    """Asks again after a refusal that passes (too many requests, a server in trouble, a lost connection).

    Waits as long as Retry-After says, else one, two and four seconds. The last error is raised as it is.
    """
    for attempt in range(_TRIES):
        try:
            return ask()
        except Exception as error:
            wait = _seconds_to_wait(error, 2.0**attempt)
            if wait is None or attempt == _TRIES - 1:
                raise
        _wait(context, wait)
    raise AssertionError("the last attempt returns or raises")


def _wait(context: Context, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        context.check_cancelled()
        time.sleep(min(0.2, left))


def _seconds_to_wait(error: Exception, otherwise: float) -> float | None:
    """None where asking again does not help."""
    error = _reason(error)
    if isinstance(error, HfHubHTTPError):
        if status_of(error) not in _PASSING:
            return None
        asked = retry_after(error)
        if asked is not None and asked > LONGEST_WAIT_SECONDS:
            return None
        return otherwise if asked is None else asked
    return otherwise if is_of_the_network(error) else None


def _reason(error: Exception) -> Exception:
    """What the Hub answered, where the library only says that it found nothing."""
    cause = error.__cause__ if isinstance(error, LocalEntryNotFoundError) else None
    return cause if isinstance(cause, Exception) else error


def status_of(error: HfHubHTTPError) -> int:
    """The HTTP status; 0 where there was no answer."""
    return int(getattr(getattr(error, "response", None), "status_code", 0))


def retry_after(error: HfHubHTTPError) -> float | None:
    """Seconds that the Hub asks to wait; None where it does not say."""
    response = getattr(error, "response", None)
    return None if response is None else asked_seconds(response.headers)


def is_of_the_network(error: BaseException) -> bool:
    """Whether the connection failed, in any of the libraries that huggingface_hub has been built on."""
    module = type(error).__module__.partition(".")[0]
    if module in ("httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3"):
        return True
    return isinstance(error, (ConnectionError, TimeoutError)) and not isinstance(error, OfflineModeIsEnabled)


def explained(error: Exception, repo: str, revision: str | None, offline: bool) -> ProbeError:
    """The library's error as one of the protocol's, with what to do about it."""
    wanted = repo if revision is None else f"{repo}@{revision}"
    known: list[tuple[type[Exception], str, str]] = [  # the first that fits: gated is a kind of not found there
        (HFValidationError, "bad_request", f"{repo!r} is no name of a repository: {describe(error)}"),
        (GatedRepoError, "checkpoint", how_to_open(repo)),
        (DisabledRepoError, "checkpoint", f"the Hub has disabled {repo}"),
        (RevisionNotFoundError, "checkpoint", f"{repo} has no revision {revision!r}"),
        (RepositoryNotFoundError, "checkpoint", f"no repository {repo} on the Hub, or this token may not see it"),
    ]
    if offline:
        sentence = f"{wanted} is not in the cache, or not completely, and the network is switched off"
        known.append((LocalEntryNotFoundError, "checkpoint", sentence))
    for error_type, kind, sentence in known:
        if isinstance(error, error_type):
            return ProbeError(kind, sentence)
    if isinstance(error, (LocalEntryNotFoundError, HfHubHTTPError)) or is_of_the_network(error):
        return _unanswered(error, wanted)
    if isinstance(error, json.JSONDecodeError):
        sentence = f"what {constants.ENDPOINT} answers about {wanted} is not what a Hub answers: is HF_ENDPOINT right?"
        return ProbeError("environment", sentence)
    return as_probe_error(error)


def how_to_open(repo: str) -> str:
    """What somebody does who may not read a gated repository yet."""
    page = f"{constants.ENDPOINT}/{repo}"
    return f"{repo} is gated: accept its terms at {page}, then log in with 'hf auth login' or set HF_TOKEN"


def _unanswered(error: Exception, wanted: str) -> ProbeError:
    cause = _reason(error)
    status = status_of(cause) if isinstance(cause, HfHubHTTPError) else 0
    if status == 401:
        return ProbeError(
            "checkpoint", f"the Hub refuses the token it was given about {wanted}: log in again or unset HF_TOKEN"
        )
    if status == 403:
        return ProbeError("checkpoint", f"the token may not read {wanted}: it needs the right to read this repository")
    if status == 429:
        asked = retry_after(cause) if isinstance(cause, HfHubHTTPError) else None
        after = "later" if asked is None else f"in {asked:.0f} seconds"
        return ProbeError(
            "environment", f"the Hub had too many requests to answer about {wanted} (429): try again {after}"
        )
    what = f"status {status}" if status else describe(cause)
    return ProbeError("environment", f"the Hub at {constants.ENDPOINT} gave no answer about {wanted}: {what}")
