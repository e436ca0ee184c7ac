"""Six families of repositories, made by rule: what publishers release, and what others make of it."""

from __future__ import annotations

import json
from typing import Any

from . import configs
from .configs import Config
from .repository import Repository, fake_commit
from .stored import Large, Stored
from .weights import Shapes, dense_shapes, file_of, weight_files

_CHAT = "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}{% endfor %}"
_THINKING = _CHAT + "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>{% endif %}"


def released(
    name: str, config: Config, *, licence: str = "apache-2.0", template: str = "", base: str = "", **more: Any
) -> Repository:
    """A publisher's own repository: config, tokenizer, weights. `template`: of conversations, for instruct models."""
    weights = weight_files(dense_shapes(config), seed=name)
    files = {**_texts(config, template), **weights}
    tags = ["conversational"] if template else []
    tags += ["4-bit"] if "bits" in str(config.get("quantization_config")) else []
    relation = "finetune" if base else ""
    card = {"license": licence, "library_name": "transformers", "pipeline_tag": "text-generation"}
    settings: dict[str, Any] = {"tags": tags, "base": base, "relation": relation, "card": card, **more}
    return Repository(name, files, commit=fake_commit(name), **settings)


def _texts(config: Config, template: str) -> dict[str, Stored]:
    tokenizer: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>"}
    if template:
        tokenizer["chat_template"] = template
    return {
        ".gitattributes": b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n",
        "README.md": b"---\nlicense: other\n---\n",
        "config.json": json.dumps(config, indent=2).encode(),
        "generation_config.json": json.dumps({"eos_token_id": config.get("eos_token_id")}).encode(),
        "tokenizer.json": b'{"version": "1.0", "model": {"type": "BPE"}}',
        "tokenizer_config.json": json.dumps(tokenizer).encode(),
    }


def derived(name: str, origin: Repository, kind: str, **more: Any) -> Repository:
    """What somebody else made of a repository; `kind` is a row of the table below."""
    files, relation, library, tags = _KINDS[kind](name, origin)
    settings: dict[str, Any] = {
        "base": origin.id, "relation": relation, "library": library, "tags": tags, "card": dict(origin.card), **more,
    }  # fmt: skip
    return Repository(name, files, commit=fake_commit(name), **settings)


_Made = tuple[dict[str, Stored], str, str, list[str]]


def _with_config(origin: Repository, changes: dict[str, Any]) -> dict[str, Stored]:
    kept = {file: stored for file, stored in origin.files.items() if not file.startswith("model")}
    return {**kept, "config.json": json.dumps({**origin.config(), **changes}, indent=2).encode()}


def _packed(origin: Repository, dtype: str, per_word: int) -> Shapes:
    """The matrices packed, with a scale beside each."""
    shapes: Shapes = {}
    for tensor, (plain, shape) in dense_shapes(origin.config()).items():
        if len(shape) < 2 or "embed" in tensor:
            shapes[tensor] = (plain, shape)
        else:
            shapes[tensor] = (dtype, [shape[0], shape[1] // per_word])
            shapes[tensor.removesuffix(".weight") + ".scales"] = (plain, [shape[0], max(1, shape[1] // 64)])
    return shapes


def _quantized(settings: dict[str, Any], dtype: str, per_word: int, tags: list[str]) -> Any:
    mlx = "mlx" in tags
    key, library = ("quantization", "mlx") if mlx else ("quantization_config", "transformers")

    def make(name: str, origin: Repository) -> _Made:
        weights = weight_files(_packed(origin, dtype, per_word), seed=name)
        return {**_with_config(origin, {key: settings}), **weights}, "quantized", library, tags

    return make


def _gguf(name: str, _origin: Repository) -> _Made:
    short = name.rpartition("/")[2].removesuffix("-GGUF")
    files: dict[str, Stored] = {
        f"{short}-{bits}.gguf": Large(b"GGUF\3\0\0\0", 4_000_000_000, name + bits) for bits in ("Q4_K_M", "Q8_0")
    }
    return {"README.md": b"", **files}, "quantized", "gguf", []


def _finetune(name: str, origin: Repository) -> _Made:
    weights = weight_files(dense_shapes(origin.config()), seed=name)
    return {**_with_config(origin, {"use_cache": False}), **weights}, "finetune", "transformers", ["trl", "sft"]


def _adapter(name: str, origin: Repository) -> _Made:
    settings = {"base_model_name_or_path": origin.id, "peft_type": "LORA", "r": 16, "target_modules": ["q_proj"]}
    hidden = origin.config()["hidden_size"]
    lora: Shapes = {"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight": ("F32", [16, hidden])}
    model_type = str(origin.config()["model_type"])
    files: dict[str, Stored] = {
        "adapter_config.json": json.dumps(settings).encode(),
        "adapter_model.safetensors": file_of(lora, name),
    }
    return files, "adapter", "peft", [model_type, "lora"]


def mirror(name: str, origin: Repository, **more: Any) -> Repository:
    """The same files under another name, with nothing declared."""
    return Repository(name, dict(origin.files), commit=fake_commit(name), **{"card": dict(origin.card), **more})


_KINDS: dict[str, Any] = {
    "mlx": _quantized({"group_size": 64, "bits": 4}, "U32", 8, ["mlx", "4-bit"]),
    "awq": _quantized({"quant_method": "awq", "bits": 4}, "I32", 8, ["4-bit", "awq"]),
    "gptq": _quantized({"quant_method": "gptq", "bits": 4}, "I32", 8, ["4-bit", "gptq"]),
    "fp8": _quantized({"quant_method": "fp8"}, "F8_E4M3", 1, ["fp8"]),
    "gguf": _gguf,
    "finetune": _finetune,
    "adapter": _adapter,
}  # fmt: skip


def llama_family() -> list[Repository]:
    """Gated; base and instruct; tied small ones, untied large ones; an older generation without frequency scaling."""
    small, tiny = (3072, 8192, 28, 24, 8), (2048, 8192, 16, 32, 8)
    big, old = (4096, 14336, 32, 32, 8), (4096, 14336, 32, 32, 8)
    more: dict[str, Any] = {"licence": "llama3.2", "gated": "manual"}
    one = released("meta-llama/Llama-3.2-1B", configs.llama(tiny, True, 32.0, head_dim=64), downloads=2_000_000, **more)
    one_it = released(
        "meta-llama/Llama-3.2-1B-Instruct", configs.llama(tiny, True, 32.0, head_dim=64),
        base="meta-llama/Llama-3.2-1B", template=_CHAT, downloads=4_000_000, **more,
    )  # fmt: skip
    three = released(
        "meta-llama/Llama-3.2-3B", configs.llama(small, True, 32.0, head_dim=128), downloads=500_000, **more
    )
    eight = released("meta-llama/Llama-3.1-8B", configs.llama(big), downloads=900_000, **more)
    eight_it = released(
        "meta-llama/Llama-3.1-8B-Instruct", configs.llama(big),
        base="meta-llama/Llama-3.1-8B", template=_CHAT, downloads=8_000_000, **more,
    )  # fmt: skip
    first = released("meta-llama/Meta-Llama-3-8B", configs.llama(old, scaling=None), downloads=800_000, **more)
    return [
        one, one_it, three, eight, eight_it, first,
        derived("mlx-community/Llama-3.2-1B-Instruct-4bit", one_it, "mlx", downloads=90_000),
        derived("bartowski/Llama-3.2-1B-Instruct-GGUF", one_it, "gguf", downloads=200_000),
        derived("hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4", eight_it, "awq", downloads=150_000),
        mirror("unsloth/Llama-3.2-1B-Instruct", one_it, downloads=700_000),
        mirror("NousResearch/Meta-Llama-3-8B", first, downloads=120_000),
        derived("someone/llama-3.1-8b-poetry", eight, "finetune", downloads=900),
        derived("someone/llama-3.2-1b-lora", one, "adapter", downloads=300),
    ]  # fmt: skip


def qwen3_family() -> list[Repository]:
    """Base and thinking; the instruct-only and thinking-only releases of 2507; the publisher's own FP8."""
    sizes = {"0.6B": (1024, 3072, 28, 16, 8), "4B": (2560, 9728, 36, 32, 8), "8B": (4096, 12288, 36, 32, 8)}
    made: list[Repository] = []
    for size, shape in sizes.items():
        base = released(f"Qwen/Qwen3-{size}-Base", configs.qwen3(shape, size != "8B"), downloads=100_000)
        made.append(base)
        made.append(
            released(
                f"Qwen/Qwen3-{size}",
                configs.qwen3(shape, size != "8B"),
                base=base.id,
                template=_THINKING,
                downloads=3_000_000,
            )
        )
    longer = configs.qwen3(sizes["4B"], True, max_position_embeddings=262144, rope_theta=5000000)
    made.append(released("Qwen/Qwen3-4B-Instruct-2507", longer, template=_CHAT, downloads=2_500_000))
    made.append(released("Qwen/Qwen3-4B-Thinking-2507", longer, template=_THINKING, downloads=400_000))
    eight = next(found for found in made if found.id == "Qwen/Qwen3-8B")
    small = next(found for found in made if found.id == "Qwen/Qwen3-0.6B")
    return [
        *made,
        derived("Qwen/Qwen3-8B-FP8", eight, "fp8", downloads=300_000),
        derived("mlx-community/Qwen3-0.6B-4bit", small, "mlx", downloads=30_000),
        derived("someone/Qwen3-8B-GPTQ", eight, "gptq", downloads=2_000),
        derived("someone/qwen3-8b-medical-lora", eight, "adapter", downloads=120),
        mirror("unsloth/Qwen3-0.6B", small, downloads=80_000),
    ]


def mistral_family() -> list[Repository]:
    """One that slides its window and later ones that do not; parameters that the Hub has not counted."""
    shape = (4096, 14336, 32, 32, 8)
    first = released("mistralai/Mistral-7B-v0.1", configs.mistral(shape, 4096), downloads=600_000)
    third = released("mistralai/Mistral-7B-v0.3", configs.mistral(shape), downloads=300_000, shows_safetensors=False)
    instruct = released(
        "mistralai/Mistral-7B-Instruct-v0.3", configs.mistral(shape), base=third.id, template=_CHAT,
        downloads=1_000_000, gated="auto",
    )  # fmt: skip
    return [
        first, third, instruct,
        derived("TheBloke/Mistral-7B-v0.1-GPTQ", first, "gptq", downloads=20_000),
        derived("someone/zephyr-like", third, "finetune", downloads=40_000),
    ]  # fmt: skip


def gemma3_family() -> list[Repository]:
    """Gated, with the instruct model named -it."""
    shape, tiny = (1152, 6912, 26, 4, 1), (640, 2048, 18, 4, 1)
    more: dict[str, Any] = {"licence": "gemma", "gated": "manual"}
    base = released("google/gemma-3-1b-pt", configs.gemma3(shape), downloads=100_000, **more)
    small = released("google/gemma-3-270m", configs.gemma3(tiny), downloads=90_000, **more)
    instruct = released(
        "google/gemma-3-1b-it", configs.gemma3(shape), base=base.id, template=_CHAT, downloads=2_000_000, **more
    )
    return [
        base, small, instruct,
        derived("ggml-org/gemma-3-1b-it-GGUF", instruct, "gguf", downloads=60_000),
        derived("unsloth/gemma-3-1b-it-bnb-4bit", instruct, "awq", downloads=9_000),
    ]  # fmt: skip


def phi3_family() -> list[Repository]:
    """Short and long contexts; code of the repository's own in auto_map."""
    shape = (3072, 8192, 32, 32, 32)
    short = released(
        "microsoft/Phi-3-mini-4k-instruct", configs.phi3(shape), template=_CHAT, licence="mit", downloads=900_000
    )
    config = configs.phi3(shape, True, auto_map={"AutoModelForCausalLM": "modeling_phi3.Phi3ForCausalLM"})
    long = released("microsoft/Phi-3-mini-128k-instruct", config, template=_CHAT, licence="mit", downloads=400_000)
    long.files["modeling_phi3.py"] = b"raise RuntimeError('this file must never be run')\n"
    return [
        short, long,
        derived("mlx-community/Phi-3-mini-4k-instruct-4bit", short, "mlx", downloads=4_000),
        derived("someone/phi3-sql", short, "finetune", downloads=700),
    ]  # fmt: skip


def olmo2_family() -> list[Repository]:
    """Stages of training; one config without a dtype; weights in float32."""
    shape, big = (2048, 8192, 16, 16, 16), (4096, 11008, 32, 32, 32)
    base = released("allenai/OLMo-2-0425-1B", configs.olmo2(shape), downloads=50_000)
    untyped = configs.olmo2(big)
    del untyped["torch_dtype"]
    seven = released("allenai/OLMo-2-1124-7B", untyped, downloads=70_000)
    sft = released("allenai/OLMo-2-1124-7B-SFT", untyped, base=seven.id, template=_CHAT, downloads=3_000)
    dpo = released("allenai/OLMo-2-1124-7B-DPO", untyped, base=sft.id, template=_CHAT, downloads=2_000)
    instruct = released("allenai/OLMo-2-1124-7B-Instruct", untyped, base=dpo.id, template=_CHAT, downloads=40_000)
    return [base, seven, sft, dpo, instruct, derived("allenai/OLMo-2-1124-7B-Instruct-GGUF", instruct, "gguf")]


def all_families() -> list[Repository]:
    """Every repository of the six."""
    return [
        *llama_family(), *qwen3_family(), *mistral_family(), *gemma3_family(), *phi3_family(), *olmo2_family(),
    ]  # fmt: skip
