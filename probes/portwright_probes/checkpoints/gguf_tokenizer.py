"""A byte-level BPE tokenizer out of a GGUF file's metadata, as the files that both libraries load."""

from __future__ import annotations

from typing import Any

from ..errors import ProbeError
from .gguf_metadata import Metadata

_CONTROL = 3  # the token type of GGUF whose text is matched before anything else, and which decoding may skip

# How text is cut before merging, by the name that GGUF gives the rule. `smollm` cuts off every digit, then as GPT-2
# does.
_PRE_TOKENIZERS: dict[str, list[dict[str, Any]]] = {
    "smollm": [
        {"type": "Digits", "individual_digits": True},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
    ],
}


def tokenizer(metadata: Metadata) -> dict[str, Any]:
    """The content of tokenizer.json."""
    rule = metadata["tokenizer.ggml.pre"]
    if metadata["tokenizer.ggml.model"] != "gpt2" or rule not in _PRE_TOKENIZERS:
        raise ProbeError("unsupported", f"no rule is known for the GGUF file's tokenizer ({rule})")
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": id, "content": text, **_AS_WRITTEN} for id, text in _special(metadata)],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": _PRE_TOKENIZERS[rule]},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {text: id for id, text in enumerate(metadata["tokenizer.ggml.tokens"])},
            "merges": [merge.split(" ") for merge in metadata["tokenizer.ggml.merges"]],
        },
    }


def tokenizer_config(metadata: Metadata) -> dict[str, Any]:
    """The content of tokenizer_config.json, chat template included.

    The class is the general one of the fast tokenizers: a class of a model family may cut text by a rule of its own.
    """
    tokens = metadata["tokenizer.ggml.tokens"]
    return {
        "add_prefix_space": metadata["tokenizer.ggml.add_space_prefix"],
        "added_tokens_decoder": {str(id): {"content": text, **_AS_WRITTEN} for id, text in _special(metadata)},
        "additional_special_tokens": [
            tokens[metadata["tokenizer.ggml.bos_token_id"]],
            tokens[metadata["tokenizer.ggml.eos_token_id"]],
        ],
        "bos_token": tokens[metadata["tokenizer.ggml.bos_token_id"]],
        "chat_template": metadata["tokenizer.chat_template"],
        "clean_up_tokenization_spaces": False,
        "eos_token": tokens[metadata["tokenizer.ggml.eos_token_id"]],
        "model_max_length": metadata["llama.context_length"],
        "pad_token": tokens[metadata["tokenizer.ggml.padding_token_id"]],
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": tokens[metadata["tokenizer.ggml.unknown_token_id"]],
    }


def special_tokens_map(configured: dict[str, Any]) -> dict[str, Any]:
    """The content of special_tokens_map.json, out of tokenizer_config.json's."""
    names = ("additional_special_tokens", "bos_token", "eos_token", "pad_token", "unk_token")
    return {name: configured[name] for name in names}


_AS_WRITTEN = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}


def _special(metadata: Metadata) -> list[tuple[int, str]]:
    types, tokens = metadata["tokenizer.ggml.token_type"], metadata["tokenizer.ggml.tokens"]
    return [(id, tokens[id]) for id, kind in enumerate(types) if kind == _CONTROL]
