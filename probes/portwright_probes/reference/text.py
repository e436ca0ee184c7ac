"""Tokenizer and chat template through AutoTokenizer."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from ..errors import ProbeError, describe, last_lines

_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "tokenizer.model", "vocab.json", "*.tiktoken")


class Tokenizers:
    """Loads tokenizers; the last one is kept, as an engine asks several things of one."""

    def __init__(self) -> None:
        self._last: tuple[Path, Any] | None = None

    def tokenize(self, folder: Path, texts: list[str], special: bool) -> dict[str, Any]:
        """Serves `tokenize`. special: let the tokenizer add what it adds on its own (a beginning of sequence)."""
        tokenizer = self._of(folder)
        return {
            "ids": [tokenizer(text, add_special_tokens=special)["input_ids"] for text in texts],
            "class": type(tokenizer).__name__,
            "eos": _ends(folder, tokenizer.eos_token_id),
            "bos": tokenizer.bos_token_id,
            "vocab": len(tokenizer),
        }

    def detokenize(self, folder: Path, ids: list[int]) -> dict[str, Any]:
        """Serves `detokenize`: the text of ids, special tokens included."""
        return {"text": self._of(folder).decode(ids)}

    def render_template(
        self, folder: Path, messages: list[dict[str, Any]], add_generation_prompt: bool
    ) -> dict[str, Any]:
        """Serves `render_template`; a template that refuses the messages is a `checkpoint` error."""
        tokenizer = self._of(folder)
        if not tokenizer.chat_template:
            return {"text": None, "ids": None}
        options = {"add_generation_prompt": add_generation_prompt}
        try:
            text = tokenizer.apply_chat_template(messages, tokenize=False, **options)
            ids = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=False, **options)
        except Exception as error:
            raise ProbeError("checkpoint", f"the chat template fails: {describe(error)}", last_lines(error)) from error
        return {"text": text, "ids": list(ids)}

    def _of(self, folder: Path) -> Any:
        if self._last is None or self._last[0] != folder:
            self._last = folder, _load(folder)
        return self._last[1]


def _load(folder: Path) -> Any:
    if not any(next(folder.glob(pattern), None) for pattern in _TOKENIZER_FILES):
        raise ProbeError("unsupported", f"{folder} has no tokenizer files")
    transformers: Any = importlib.import_module("transformers")
    try:
        return transformers.AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:
        raise ProbeError(
            "checkpoint", f"the tokenizer cannot be loaded: {describe(error)}", last_lines(error)
        ) from error


def _ends(folder: Path, tokenizer_eos: int | None) -> list[int]:
    """The ids at which generation ends: by generation_config.json, else config.json, else the tokenizer."""
    for name in ("generation_config.json", "config.json"):
        try:
            ends = json.loads((folder / name).read_text()).get("eos_token_id")
        except (OSError, ValueError, AttributeError):
            continue
        if ends is not None:
            return sorted(ends) if isinstance(ends, list) else [ends]
    return [] if tokenizer_eos is None else [tokenizer_eos]
