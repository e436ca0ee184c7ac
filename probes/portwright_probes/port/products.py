"""Products rounded once: bfloat16, float16 and quantized products computed in float32 through BLAS.

On a CPU MLX has slow loops for such products, none for experts (gather_mm), and one for quantized weights whose error
is fifteen times that of rounding the result. Here the operands are converted to float32 (exactly; dequantized weights
to one rounding of float32), multiplied, and the result is rounded once to the dtype of the native product. That dtype
is asked of the native operation itself: it is built and never evaluated.

Weights keep a float32 copy from their first use on. What MLX multiplies inside its own fused functions
(scaled_dot_product_attention) stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import mlx.core as mx
from mlx import nn

from .arrays import evaluate

_NARROW = (mx.bfloat16, mx.float16)
_MATMUL, _GATHER_MM = mx.matmul, mx.gather_mm

Product = Callable[..., mx.array]


class RoundedProducts:
    """The rounded products of one model.

    Layers with plain weights get a class of their own, once: they multiply by a transposed view, which nobody could
    find the copy of. The functions of mlx.core are replaced while `active`; quantized layers pass their packed weight
    itself to them, so its copy is found by identity.
    """

    name = "f32-rounded"

    def __init__(self, model: nn.Module) -> None:
        self._copies: dict[int, mx.array] = {}
        self._packed: set[int] = set()
        classes: dict[type, type] = {}
        for _, module in model.named_modules():
            kind = type(module)
            if "scales" in module and "weight" in module:
                self._packed.add(id(module["weight"]))
            if kind not in classes:
                classes[kind] = self._class_for(kind)
            if classes[kind] is not kind:
                object.__setattr__(module, "__class__", classes[kind])

    @contextmanager
    def active(self) -> Iterator[None]:
        """Replaces the product functions of mlx.core, for everything that runs meanwhile."""
        replacements: list[tuple[Any, str, Product]] = [
            (mx, "matmul", _rounded(mx.matmul)),
            (mx, "addmm", _rounded(mx.addmm)),
            (mx, "gather_mm", _rounded(mx.gather_mm)),
            (mx, "quantized_matmul", self._quantized_matmul(mx.quantized_matmul)),
            (mx, "gather_qmm", self._gather_qmm(mx.gather_qmm)),
            (mx.array, "__matmul__", _rounded(mx.array.__matmul__)),
        ]
        natives = [getattr(owner, name) for owner, name, _ in replacements]
        try:
            for owner, name, product in replacements:
                setattr(owner, name, product)
            yield
        finally:
            for (owner, name, _), native in zip(replacements, natives, strict=True):
                setattr(owner, name, native)

    def _class_for(self, kind: type) -> type:
        methods = {
            name: self._method(native, product)
            for name, native, product in _layers()
            if getattr(kind, name, None) is native
        }
        return type(kind.__name__, (kind,), {"__module__": kind.__module__, **methods}) if methods else kind

    def _method(self, native: Product, product: Product) -> Product:
        def method(module: nn.Module, x: mx.array, *rest: Any, **options: Any) -> mx.array:
            as_built = native(module, x, *rest, **options)
            if as_built.dtype not in _NARROW:
                return as_built
            weight = self._copy(module["weight"], lambda: _wide(module["weight"]))
            return product(module, x, weight, *rest, **options)

        return method

    def _quantized_matmul(self, native: Product) -> Product:
        def rounded(
            x: mx.array, w: mx.array, /, scales: mx.array, biases: mx.array | None = None, transpose: bool = True,
            *form: Any, **options: Any,
        ) -> mx.array:  # fmt: skip
            result = native(x, w, scales, biases, transpose, *form, **options)
            weight = self._copy(w, lambda: _dequantized(w, scales, biases, form, options))
            return _MATMUL(_wide(x), weight.swapaxes(-1, -2) if transpose else weight).astype(result.dtype)

        return rounded

    def _gather_qmm(self, native: Product) -> Product:
        def rounded(
            x: mx.array, w: mx.array, /, scales: mx.array, biases: mx.array | None = None,
            lhs_indices: mx.array | None = None, rhs_indices: mx.array | None = None, transpose: bool = True,
            *form: Any, sorted_indices: bool = False, **options: Any,
        ) -> mx.array:  # fmt: skip
            indices = (lhs_indices, rhs_indices)
            result = native(x, w, scales, biases, *indices, transpose, *form, sorted_indices=sorted_indices, **options)
            weight = self._copy(w, lambda: _dequantized(w, scales, biases, form, options))
            weight = weight.swapaxes(-1, -2) if transpose else weight
            return _GATHER_MM(_wide(x), weight, *indices, sorted_indices=sorted_indices).astype(result.dtype)

        return rounded

    def _copy(self, weight: mx.array, make: Callable[[], mx.array]) -> mx.array:
        """The float32 copy of a parameter, made once; of a packed array that is no parameter, made each time."""
        key = id(weight)
        if weight.dtype == mx.uint32 and key not in self._packed:
            return make()
        if key not in self._copies:
            copy = make()
            evaluate(copy)
            self._copies[key] = copy
        return self._copies[key]


def _layers() -> list[tuple[str, Product, Product]]:
    """Methods of layers and what stands in for them: (name, native, rounded)."""
    from mlx_lm.models.switch_layers import SwitchLinear

    return [
        ("__call__", nn.Linear.__call__, _linear),
        ("as_linear", nn.Embedding.as_linear, _as_linear),
        ("__call__", SwitchLinear.__call__, _experts),
    ]


def _linear(module: nn.Module, x: mx.array, weight: mx.array) -> mx.array:
    y = _MATMUL(_wide(x), weight.T)
    if "bias" not in module:
        return y.astype(mx.result_type(x, module["weight"]))
    # Natively one fused operation: the sum is rounded, not the product.
    wanted = mx.result_type(x, module["weight"], module["bias"])
    biased: mx.array = y + _wide(module["bias"])
    return biased.astype(wanted)


def _as_linear(module: nn.Module, x: mx.array, weight: mx.array) -> mx.array:
    return _MATMUL(_wide(x), weight.T).astype(mx.result_type(x, module["weight"]))


def _experts(
    module: nn.Module, x: mx.array, weight: mx.array, indices: mx.array, sorted_indices: bool = False
) -> mx.array:
    y = _GATHER_MM(_wide(x), weight.swapaxes(-1, -2), rhs_indices=indices, sorted_indices=sorted_indices).astype(
        mx.result_type(x, module["weight"])
    )
    return y + mx.expand_dims(module["bias"][indices], -2) if "bias" in module else y


def _rounded(native: Product) -> Product:
    """`native` in float32, rounded to the dtype it would have had, where that is a narrow one."""

    def rounded(*operands: Any, **options: Any) -> Any:
        result = native(*operands, **options)
        if not isinstance(result, mx.array) or result.dtype not in _NARROW:
            return result
        wide = [_wide(operand) for operand in operands]
        return native(*wide, **{name: _wide(value) for name, value in options.items()}).astype(result.dtype)

    return rounded


def _dequantized(
    w: mx.array, scales: mx.array, biases: mx.array | None, form: tuple[Any, ...], options: dict[str, Any]
) -> mx.array:
    """form: group_size, bits, mode, global_scale, in this order as far as they were not given by name."""
    options = {name: value for name, value in options.items() if name != "stream"}
    if biases is not None:
        scales, biases = _wide(scales), _wide(biases)
    # Without biases it is one of the float formats, whose numbers are all exact in bfloat16.
    weight: mx.array = _wide(mx.dequantize(w, scales, biases, *form, **options))
    return weight


def _wide(value: Any) -> Any:
    """Narrow arrays as float32, anything else as it is."""
    return value.astype(mx.float32) if isinstance(value, mx.array) and value.dtype in _NARROW else value
