// What examples do not show: further faults that a rule finds, and what looks like a fault and is none.
#include <doctest/doctest.h>

#include <array>

#include "lint/checked_file.hpp"
#include "lint/port.hpp"

namespace portwright::lint {
namespace {

struct Case {
  const char* rule;
  const char* text;
  int line;  // of the finding; 0: there is none
};

constexpr std::array cases{
    Case{"file-name", "class ModelArgs(BaseModelArgs):\n    model_type: str\n", 0},
    Case{"foreign-import", "def f():\n    from torch import nn\n    return nn\n", 2},
    Case{"unused-import", "from .base import create_attention_mask  # noqa: F401\n", 0},
    Case{"unused-import", "import mlx.core as mx\n\nx = mx.pi\n", 0},
    Case{"dead-code", "def f(x):\n    if False:\n        return x\n", 2},
    Case{"dead-code", "def f(x):\n    while True:\n        return x\n", 0},
    Case{"dead-code", "def f(x, y):\n    return x if y else x\n", 2},
    Case{"commented-code", "x = 0\n# mx.eval is slow here (see below).\n", 0},
    Case{"import-work", "TABLE = {1: lambda: mx.arange(4)}\n", 0},
    Case{"import-work", "def f(x=mx.array(1.0)):\n    return x\n", 1},
    Case{"import-work", "kernel = make_kernel()\n", 0},
    Case{"print", "def f(x):\n    return x.print()\n", 0},
    Case{"broken-args", "@dataclass\nclass ModelArgs(BaseModelArgs):\n    a: int = 1\n    b: int\n", 4},
    Case{"broken-args", "@dataclass\nclass ModelArgs(BaseModelArgs):\n    a: list = []\n", 3},
    Case{"broken-args", "@dataclass(kw_only=True)\nclass ModelArgs(BaseModelArgs):\n    a: int = 1\n    b: int\n", 0},
    Case{"unused-field",
         "@dataclass\nclass ModelArgs(BaseModelArgs):\n    a: int\n\n\nx = ModelArgs.from_dict({\"a\": 1}).__dict__\n",
         0},
    Case{
        "unused-field",
        "@dataclass\nclass ModelArgs(BaseModelArgs):\n    a: int\n\n    def __post_init__(self):\n        self.a = 1\n",
        3},
    Case{"config-changed", "class Model(nn.Module):\n    def __init__(self, args):\n        args.hidden_size = 1\n", 3},
    Case{"config-changed", "class Model(nn.Module):\n    def __init__(self, args):\n        self.args = args\n", 0},
    Case{"config-changed",
         "class Model(nn.Module):\n    def __init__(self, args):\n        args.rope_scaling.pop(\"type\")\n", 3},
    Case{"rope-parameters", "@dataclass\nclass ModelArgs(BaseModelArgs):\n    rope_parameters: dict\n", 3},
    Case{"signature", "class Model(nn.Module):\n    def __call__(self, inputs):\n        return inputs\n", 2},
    Case{"module-state",
         "class A(nn.Module):\n    def __call__(self, x):\n        if self._t is None:\n            self._t = x\n      "
         "  return x\n",
         0},
    Case{"module-state", "class Cache:\n    def __call__(self, x):\n        self.x = x\n", 0},
    Case{"module-state",
         "class A(nn.Module):\n    def __call__(self, x):\n        return self.f(x)\n\n    def f(self, x):\n        "
         "self.n += 1\n",
         6},
    Case{"default-cache",
         "class Model(nn.Module):\n    @property\n    def layers(self):\n        return self.model.layers + "
         "self.model.more\n\n"
         "    def make_cache(self):\n        return [KVCache() for _ in range(len(self.model.layers))]\n",
         0},
    Case{"token-loop",
         "class A(nn.Module):\n    def __call__(self, x):\n        B, L, D = x.shape\n        for i in range(0, L, "
         "self.chunk):\n            x = x + i\n        return x\n",
         0},
    Case{"token-loop",
         "class A(nn.Module):\n    def sanitize(self, x):\n        B, L, D = x.shape\n        for i in range(L):\n     "
         "       x = x + i\n        return x\n",
         0},
    Case{"host-sync",
         "class Model(nn.Module):\n    def sanitize(self, weights):\n        return {k: v.item() for k, v in "
         "weights.items()}\n",
         0},
    Case{"host-sync",
         "class A(nn.Module):\n    def __call__(self, x):\n        return helper(x)\n\n\ndef helper(x):\n    "
         "mx.eval(x)\n    return x\n",
         7},
    Case{"single-offset",
         "class A(nn.Module):\n    def __call__(self, x, cache=None):\n        if cache.offset > 8:\n            "
         "return x\n        return -x\n",
         3},
    Case{"single-offset",
         "class A(nn.Module):\n    def __call__(self, x, cache=None):\n        return self.rope(x, "
         "offset=cache.offset)\n",
         0},
    Case{"written-norm",
         "class A(nn.Module):\n    def __call__(self, x):\n        return (x @ self.w) * mx.rsqrt(mx.mean(x * x) + "
         "1e-6)\n",
         0},
    Case{"written-activation",
         "class A(nn.Module):\n    def __call__(self, x, gate):\n        return x * mx.sigmoid(gate)\n", 0},
    Case{"written-activation",
         "class A(nn.Module):\n    def __call__(self, x):\n        return mx.maximum(self.up(x), 0)\n", 3},
    Case{"written-activation",
         "class A(nn.Module):\n    def __call__(self, indices):\n        return mx.maximum(indices, 0)\n", 0},
    Case{"direct-attention",
         "class Vision(nn.Module):\n    def __call__(self, q, k, v):\n        return "
         "mx.fast.scaled_dot_product_attention(q, k, v, scale=1.0)\n",
         0},
    Case{"float32-constant",
         "class A(nn.Module):\n    def __call__(self, x, mask):\n        return mx.where(mask, x, mx.array(-mx.inf, "
         "x.dtype))\n",
         0},
    Case{"float32-constant",
         "class A(nn.Module):\n    def __call__(self, x, mask):\n        return mx.where(mask, x, mx.array(-mx.inf))\n",
         3},
    Case{"float32-constant",
         "class A(nn.Module):\n    def __call__(self, x, i):\n        return mx.put_along_axis(x, i, mx.array(0.0), "
         "axis=-1)\n",
         0},
    Case{"float32-routing",
         "class A(nn.Module):\n    def __call__(self, x):\n        s = mx.sigmoid(x.astype(mx.float32))\n        s = "
         "s.astype(x.dtype)\n        return (x * s[..., None]).sum(axis=-2)\n",
         0},
    Case{"written-rope",
         "def apply_rotary_emb(x, freqs):\n    return mx.fast.rope(x, dims=8, base=None, freqs=freqs)\n", 0},
    Case{"written-rope",
         "class A(nn.Module):\n    def __call__(self, x, y):\n        return mx.concatenate([-y, x], axis=-1)\n", 3},
    Case{"raw-router",
         "class Gate(nn.Module):\n    def __init__(self):\n        self.weight = mx.zeros((8, 4))\n\n    def "
         "__call__(self, x):\n        return mx.argsort(x.astype(mx.float32) @ self.weight.astype(mx.float32).T)\n",
         0},
    Case{"index-gradient",
         "class A(nn.Module):\n    def __call__(self, x):\n        i = mx.argsort(x)\n        i = "
         "mx.stop_gradient(i)\n        return mx.take_along_axis(x, i, axis=-1)\n",
         0},
    Case{"index-gradient",
         "class A(nn.Module):\n    def __call__(self, x):\n        return mx.take_along_axis(x, mx.argsort(x), "
         "axis=-1)\n",
         3},
    Case{"sanitize-twice",
         "class Model(nn.Module):\n    def sanitize(self, weights):\n        for k in weights:\n            if "
         "k.endswith(\"norm.weight\"):\n                weights[k] += 1\n        return weights\n",
         5},
    Case{"sanitize-twice",
         "class Model(nn.Module):\n    def sanitize(self, weights):\n        if \"a.experts.0\" not in weights:\n      "
         "      return weights\n        for k, v in weights.items():\n            weights[k] = v.T\n        return "
         "weights\n",
         0},
    Case{"sanitize-pop",
         "class Model(nn.Module):\n    def sanitize(self, weights):\n        if \"a\" in weights:\n            "
         "weights.pop(\"a\")\n        return weights\n",
         0},
};

}  // namespace

TEST_CASE("rules find more than their example, and leave alone what is none") {
  for (const Case& one : cases) {
    CAPTURE(one.rule);
    CAPTURE(one.text);
    std::string text = one.text;
    if (text.find("class Model") == std::string::npos) text += "\n\nclass ModelArgs(BaseModelArgs):\n    pass\n";
    Library library;
    const std::filesystem::path file = "no-folder-of-this-name/llama.py";
    REQUIRE(library.add(file, text));
    const auto result = checked(library, file, {rule_named(one.rule)});
    REQUIRE(result);
    CHECK(result->findings.size() == (one.line == 0 ? 0 : 1));
    if (!result->findings.empty()) CHECK(result->findings.front().line == one.line);
  }
}

}  // namespace portwright::lint
