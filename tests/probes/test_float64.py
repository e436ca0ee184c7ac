"""The float64 arithmetic against the same formulas written down in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from portwright_probes.reference.float64 import float64_arithmetic
from transformers import AutoConfig
from transformers.models.gemma3.modeling_gemma3 import Gemma3RMSNorm, Gemma3RotaryEmbedding
from transformers.models.llama.modeling_llama import LlamaRMSNorm, LlamaRotaryEmbedding, eager_attention_forward

LIMIT = 1e-14


def relative_l2(value: torch.Tensor, truth: np.ndarray) -> float:
    assert value.dtype == torch.float64 and value.shape == truth.shape
    return float(np.linalg.norm(value.numpy() - truth) / np.linalg.norm(truth))


@pytest.fixture
def rows() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(3).standard_normal((5, 7, 64)))


@pytest.mark.parametrize("norm_class, shift", [(LlamaRMSNorm, 0.0), (Gemma3RMSNorm, 1.0)])
def test_rms_norm(norm_class: Any, shift: float, rows: torch.Tensor) -> None:
    norm = norm_class(64, eps=1e-5).double()
    with torch.no_grad():
        norm.weight.copy_(torch.linspace(0.5, 1.5, 64))
    x, weight = rows.numpy(), norm.weight.detach().numpy()
    truth = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * (weight + shift)
    with torch.no_grad(), float64_arithmetic():
        assert relative_l2(norm(rows), truth) < LIMIT
    with torch.no_grad():
        assert relative_l2(norm(rows).double(), truth) > 1e-8, "`.double()` alone would have done"


def test_attention_with_softmax(rows: torch.Tensor) -> None:
    q = k = v = rows.reshape(1, 5, 7, 64)
    module = torch.nn.Module()
    module.num_key_value_groups = 1  # type: ignore[assignment]
    with torch.no_grad(), float64_arithmetic():
        out, weights = eager_attention_forward(module, q, k, v, None, scaling=0.125)
    scores = np.einsum("bhqd,bhkd->bhqk", q.numpy(), k.numpy()) * 0.125
    truth = np.exp(scores - scores.max(-1, keepdims=True))
    truth /= truth.sum(-1, keepdims=True)
    assert relative_l2(weights, truth) < LIMIT
    assert relative_l2(out, np.einsum("bhqk,bhkd->bqhd", truth, v.numpy())) < LIMIT


def test_rope_from_the_config_on(rows: torch.Tensor) -> None:
    config = AutoConfig.for_model("llama", hidden_size=64, num_attention_heads=1, head_dim=64)
    config.rope_parameters = {"rope_type": "default", "rope_theta": 123457.0}
    positions = np.array([0, 1, 5, 1000, 131071])
    with torch.no_grad(), float64_arithmetic():
        cos, sin = LlamaRotaryEmbedding(config)(rows, torch.from_numpy(positions)[None])
    frequencies = 123457.0 ** (-np.arange(0, 64, 2) / 64)
    # Far positions multiply the last bit of the frequency, on both sides of this comparison.
    angles = np.tile(positions[:, None] * frequencies, 2)[None]
    np.testing.assert_allclose(cos.numpy(), np.cos(angles), rtol=0, atol=1e-10)
    near = slice(0, 3)
    assert relative_l2(cos[:, near], np.cos(angles[:, near])) < LIMIT
    assert relative_l2(sin[:, near], np.sin(angles[:, near])) < LIMIT


def test_scaled_and_per_layer_rope(rows: torch.Tensor) -> None:
    config = AutoConfig.for_model("gemma3_text", hidden_size=64, num_attention_heads=1, head_dim=64)
    config.rope_parameters = {
        "sliding_attention": {"rope_type": "default", "rope_theta": 10007.0},
        "full_attention": {"rope_type": "linear", "rope_theta": 1e6, "factor": 3.0},
    }
    with torch.no_grad(), float64_arithmetic():
        cos, _ = Gemma3RotaryEmbedding(config)(rows, torch.arange(4)[None], "full_attention")
    angles = np.tile(np.arange(4)[:, None] * (1e6 ** (-np.arange(0, 64, 2) / 64) / 3.0), 2)[None]
    assert relative_l2(cos, np.cos(angles)) < LIMIT


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x.to(torch.float32),
        lambda x: x.float(),
        lambda x: x.type(torch.float32),
        lambda x: x.type_as(torch.zeros(1, dtype=torch.float32)),
        lambda x: torch.softmax(x, -1, dtype=torch.float),
        lambda x: torch.sum(x, dim=-1, dtype=torch.float32),
        lambda x: torch.zeros(3, dtype=torch.float32) + 0.1,
        lambda x: torch.arange(0, 8, 2, dtype=torch.float) / 3,
        lambda x: x.new_full((2,), 0.1, dtype=torch.float32),
        lambda x: torch.zeros_like(x, dtype=torch.float32).index_add_(0, torch.tensor([0]), x[:1]),
        lambda x: torch.view_as_real(torch.polar(torch.ones(2, dtype=torch.float32), torch.ones(2).float())),
        lambda x: torch.tensor([0.1], dtype=torch.float32),
        lambda x: torch.tensor(0.1),
    ],
)
def test_nothing_asked_for_in_float32_is_rounded(make: Any) -> None:
    x = torch.linspace(0.1, 0.7, 12, dtype=torch.float64).reshape(3, 4)
    with torch.no_grad(), float64_arithmetic():
        result = make(x)
    assert result.dtype == torch.float64
    assert not torch.equal(result, result.float().double()), "these elements are float32's"


def test_a_rounding_to_bfloat16_stays() -> None:
    with torch.no_grad(), float64_arithmetic():
        rounded = torch.tensor([0.1], dtype=torch.float64).to(torch.bfloat16)
        assert rounded.dtype == torch.bfloat16
        assert rounded.float().dtype == torch.float64
        assert rounded.view(torch.int16).dtype == torch.int16
        assert rounded.double().view(torch.float32).shape == (2,), "a view of the bits is no arithmetic"


def test_float32_made_outside_keeps_its_dtype_when_written_to() -> None:
    outside = torch.zeros(2)
    with torch.no_grad(), float64_arithmetic():
        assert outside.add_(torch.full((2,), 0.1)) is outside
        outside[0] = 0.5
    assert outside.dtype == torch.float32
    torch.testing.assert_close(outside, torch.tensor([0.5, 0.1]))


def test_the_default_comes_back_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), float64_arithmetic():
        raise ZeroDivisionError
    assert torch.get_default_dtype() == torch.float32
    assert torch.zeros(1).dtype == torch.float32
