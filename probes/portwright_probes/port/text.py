"""Tokenizer and chat template, through mlx-lm's loading of both."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from ..errors import ProbeError, describe, last_lines
from .checkpoint import read_config

_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "tokenizer.model", "vocab.json", "*.tiktoken")


def has_tokenizer(folder: Path) -> bool:
    """Whether the folder holds any file a tokenizer is loaded from."""
    return any(next(folder.glob(pattern), None) for pattern in _TOKENIZER_FILES)


class Tokenizers:
    """Loads tokenizers; the last one is kept, as an engine asks several things of one."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._tokenizer: Any = None

    def tokenize(self, folder: Path, texts: list[str], special: bool) -> dict[str, Any]:
        """The answer to `tokenize`."""
        tokenizer = self._load(folder)
        ids = [tokenizer.encode(text, add_special_tokens=special) for text in texts]
        return {
            "ids": ids,
            "class": type(tokenizer._tokenizer).__name__,
            "eos": sorted(tokenizer.eos_token_ids),
            "bos": tokenizer.bos_token_id,
            "vocab": len(tokenizer._tokenizer),
        }

    def render_template(
        self, folder: Path, messages: list[dict[str, Any]], add_generation_prompt: bool
    ) -> dict[str, Any]:
        """The answer to `render_template`."""
        tokenizer = self._load(folder)
        if not tokenizer.has_chat_template:
            return {"text": None, "ids": None}
        try:
            rendered = [
                tokenizer.apply_chat_template(messages, add_generation_prompt=add_generation_prompt, tokenize=tokenize)
                for tokenize in (False, True)
            ]
        except Exception as error:
            raise ProbeError("checkpoint", f"the chat template fails: {describe(error)}", last_lines(error)) from error
        return {"text": rendered[0], "ids": list(rendered[1])}

    def _load(self, folder: Path) -> Any:
        if self._folder != folder:
            if not has_tokenizer(folder):
                raise ProbeError("unsupported", f"{folder} has no tokenizer files")
            utils = importlib.import_module("mlx_lm.utils")
            # As mlx_lm.load does: the end-of-sequence ids are those of the model's config.
            read_config(folder)
            config = utils.load_config(folder)
            try:
                self._tokenizer = utils.load_tokenizer(folder, eos_token_ids=config.get("eos_token_id"))
            except Exception as error:
                sentence = f"mlx_lm cannot load the tokenizer: {describe(error)}"
                raise ProbeError("checkpoint", sentence, last_lines(error)) from error
            self._folder = folder
        return self._tokenizer
