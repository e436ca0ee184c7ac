"""Products rounded once: equal to native bfloat16 products but for ties, and better than native quantized ones."""

from __future__ import annotations

import pytest

pytest.importorskip("mlx.core")
import mlx.core as mx
import numpy as np
from mlx import nn
from portwright_probes.port.products import RoundedProducts

switch_layers = pytest.importorskip("mlx_lm.models.switch_layers")

pytestmark = pytest.mark.skipif(mx.default_device() != mx.Device(mx.cpu), reason="the rounded products are for CPUs")


class Holder(nn.Module):  # type: ignore[misc]
    """A model of one layer."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer


def normal(*shape: int, dtype: mx.Dtype = mx.bfloat16, scale: float = 1.0) -> mx.array:
    return (mx.random.normal(shape) * scale).astype(dtype)


def exact(array: mx.array) -> np.ndarray:
    return np.asarray(np.array(array.astype(mx.float32)), np.float64)


def ulps_apart(a: mx.array, b: mx.array) -> np.ndarray:
    """The distance of two bfloat16 arrays, counted in bfloat16 numbers."""
    ordered = []
    for array in (a, b):
        bits = np.array(array.view(mx.uint16)).astype(np.int32)
        ordered.append(np.where(bits & 0x8000, 0x8000 - bits, bits))
    return np.abs(ordered[0] - ordered[1])


def relative_error(array: mx.array, truth: np.ndarray) -> float:
    return float(np.linalg.norm(exact(array) - truth) / np.linalg.norm(truth))


@pytest.fixture(autouse=True)
def _seed() -> None:
    mx.random.seed(1)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("rows", [1, 64])
def test_a_linear_layer_equals_the_native_one_but_for_ties(bias: bool, rows: int) -> None:
    model = Holder(nn.Linear(576, 512, bias=bias))
    model.set_dtype(mx.bfloat16)
    x = normal(2, rows, 576)
    native = model.layer(x)
    mx.eval(native)
    products = RoundedProducts(model)
    with products.active():
        rounded = model.layer(x)
        mx.eval(rounded)
    assert rounded.dtype == native.dtype == mx.bfloat16
    apart = ulps_apart(native, rounded)
    assert (apart > 0).mean() < 1e-3
    # Where a sum cancels, one rounding of float32 spans several numbers of bfloat16: not at these sizes.
    assert apart.max() <= 1
    assert isinstance(model.layer, nn.Linear) and type(model.layer).__name__ == "Linear"


@pytest.mark.parametrize("bits", [4, 8])
def test_quantized_layers_are_wrong_by_one_rounding(bits: int) -> None:
    linear = nn.Linear(576, 256, bias=False)
    embedding = nn.Embedding(256, 576)
    for layer in (linear, embedding):
        layer.set_dtype(mx.bfloat16)
    quantized = [layer.to_quantized(64, bits) for layer in (linear, embedding)]
    x = normal(16, 576)
    for layer, call in zip(quantized, ("__call__", "as_linear"), strict=True):
        scales, biases = layer.scales.astype(mx.float32), layer.biases.astype(mx.float32)
        truth = exact(x) @ exact(mx.dequantize(layer.weight, scales, biases, group_size=64, bits=bits)).T
        model = Holder(layer)
        native = getattr(model.layer, call)(x)
        mx.eval(native)
        with RoundedProducts(model).active():
            rounded = getattr(model.layer, call)(x)
            mx.eval(rounded)
        assert rounded.dtype == native.dtype
        assert relative_error(rounded, truth) <= 1.75e-3
        assert relative_error(native, truth) > relative_error(rounded, truth)


@pytest.mark.parametrize("activations", [mx.bfloat16, mx.float16, mx.float32])
@pytest.mark.parametrize("weights", [mx.bfloat16, mx.float16, mx.float32])
def test_the_dtype_of_the_result_is_the_native_one(activations: mx.Dtype, weights: mx.Dtype) -> None:
    plain, embedding = nn.Linear(64, 32), nn.Embedding(32, 64)
    plain.set_dtype(weights)
    embedding.set_dtype(weights)
    quantized = plain.to_quantized(32, 4)
    x = normal(3, 64, dtype=activations)
    for layer, call in ((plain, "__call__"), (quantized, "__call__"), (embedding, "as_linear")):
        model = Holder(layer)
        native = getattr(model.layer, call)(x).dtype
        with RoundedProducts(model).active():
            assert getattr(model.layer, call)(x).dtype == native


@pytest.mark.parametrize("quantized", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_experts_run_in_bfloat16(quantized: bool, bias: bool) -> None:
    layer = switch_layers.SwitchLinear(64, 48, 4, bias=bias)
    if bias:
        layer.bias = normal(4, 48)
    layer.set_dtype(mx.bfloat16)
    weight = layer.weight
    if quantized:
        layer = layer.to_quantized(32, 4)
        scales, biases = layer.scales.astype(mx.float32), layer.biases.astype(mx.float32)
        weight = mx.dequantize(layer.weight, scales, biases, group_size=32, bits=4)
    x = normal(10, 1, 1, 64)
    indices = mx.array(np.arange(20).reshape(10, 2) % 4)
    chosen = exact(weight)[np.array(indices)]
    truth = np.einsum("td,tkod->tko", exact(x)[:, 0, 0], chosen)
    if bias:
        truth = truth + exact(layer.bias)[np.array(indices)]
    model = Holder(layer)
    with RoundedProducts(model).active():
        y = model.layer(x, indices)
        mx.eval(y)
    assert y.dtype == mx.bfloat16
    assert relative_error(y[..., 0, :], truth) <= 3e-3  # two roundings where there is a bias


def test_products_outside_of_layers_are_rounded_once_and_only_while_active() -> None:
    before = (mx.matmul, mx.addmm, mx.gather_mm, mx.quantized_matmul, mx.gather_qmm, mx.array.__matmul__)
    model = Holder(nn.Linear(8, 8))
    a, b = normal(3, 32, 64), normal(3, 64, 16)
    native = a @ b
    mx.eval(native)
    with RoundedProducts(model).active():
        for product in (a @ b, mx.matmul(a, b)):
            assert product.dtype == mx.bfloat16
            assert ulps_apart(native, product).max() <= 1
        assert mx.matmul is not before[0]
        whole = (mx.ones((2, 2)) @ mx.ones((2, 2))).dtype
    assert whole == mx.float32
    assert (mx.matmul, mx.addmm, mx.gather_mm, mx.quantized_matmul, mx.gather_qmm, mx.array.__matmul__) == before


def test_the_functions_come_back_after_an_exception() -> None:
    before = mx.matmul
    with pytest.raises(ZeroDivisionError), RoundedProducts(Holder(nn.Linear(8, 8))).active():
        raise ZeroDivisionError
    assert mx.matmul is before


def test_a_layers_copy_is_made_once() -> None:
    model = Holder(nn.Linear(64, 32, bias=False))
    model.set_dtype(mx.bfloat16)
    products = RoundedProducts(model)
    x = normal(4, 64)
    with products.active():
        mx.eval(model.layer(x), model.layer(x))
    assert [copy.dtype for copy in products._copies.values()] == [mx.float32]
