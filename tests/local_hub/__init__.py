"""A Hub on this machine for tests: `LocalHub` serves `Repository` values as huggingface.co serves its own."""

from __future__ import annotations

from .faults import Fault
from .repository import COMMIT, Repository, fake_commit
from .server import LocalHub, Request
from .stored import Large, Stored

__all__ = ["COMMIT", "Fault", "Large", "LocalHub", "Repository", "Request", "Stored", "fake_commit"]
