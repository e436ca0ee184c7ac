#include <array>

#include "lint/example.hpp"

namespace portwright::lint {
namespace {

constexpr std::array of_numbers{
    Example{"float32-constant",
            "class MLP(nn.Module):\n    def __call__(self, x):\n        return x * §mx.array(1.5)\n",
            "class MLP(nn.Module):\n    def __call__(self, x):\n        return x * 1.5\n"},
    Example{"float32-norm",
            "class GroupNorm(nn.Module):\n    def __call__(self, x):\n"
            "        return mx.fast.rms_norm(§x.astype(mx.float32), self.weight, self.eps)\n",
            "class GroupNorm(nn.Module):\n    def __call__(self, x):\n"
            "        y = mx.fast.rms_norm(x.astype(mx.float32), self.weight, self.eps)\n        return "
            "y.astype(x.dtype)\n"},
    Example{"float32-weight",
            "class Model(nn.Module):\n    def sanitize(self, weights):\n        for k, v in weights.items():\n"
            "            weights[k] = §v.astype(mx.float32)\n        return weights\n",
            "class Model(nn.Module):\n    def sanitize(self, weights):\n        return weights\n\n    @property\n"
            "    def cast_predicate(self):\n        return lambda path: \"A_log\" not in path\n"},
    Example{"float32-routing",
            "class MoE(nn.Module):\n    def __call__(self, x):\n        scores = "
            "mx.softmax(self.gate(x).astype(mx.float32), axis=-1)\n"
            "        y = self.switch_mlp(x)\n        return §(y * scores[..., None]).sum(axis=-2)\n",
            "class MoE(nn.Module):\n    def __call__(self, x):\n        scores = "
            "mx.softmax(self.gate(x).astype(mx.float32), axis=-1)\n"
            "        y = self.switch_mlp(x)\n        return (y * scores[..., None]).sum(axis=-2).astype(x.dtype)\n"},
    Example{"cast-predicate",
            "class Mixer(nn.Module):\n    def __init__(self, args):\n        super().__init__()\n        self.A_log = "
            "mx.zeros((8,))\n\n"
            "    def __call__(self, x):\n        return x * mx.exp(§self.A_log.astype(mx.float32))\n\n\nclass "
            "Model(nn.Module):\n    pass\n",
            "class Mixer(nn.Module):\n    def __init__(self, args):\n        super().__init__()\n        self.A_log = "
            "mx.zeros((8,))\n\n"
            "    def __call__(self, x):\n        return x * mx.exp(self.A_log.astype(mx.float32))\n\n\nclass "
            "Model(nn.Module):\n"
            "    @property\n    def cast_predicate(self):\n        return lambda path: \"A_log\" not in path\n"},
    Example{"fixed-dtype",
            "class MLP(nn.Module):\n    def __call__(self, x):\n        return self.up(x).astype(§mx.bfloat16)\n",
            "class MLP(nn.Module):\n    def __call__(self, x):\n        return self.up(x).astype(x.dtype)\n"},
    Example{"raw-router",
            "class Gate(nn.Module):\n    def __init__(self, args):\n        super().__init__()\n        §self.weight = "
            "mx.zeros((8, 4))\n\n"
            "    def __call__(self, x):\n        return mx.argpartition(x @ self.weight.T, kth=2, axis=-1)\n",
            "class Gate(nn.Module):\n    def __init__(self, args):\n        super().__init__()\n        self.proj = "
            "nn.Linear(4, 8, bias=False)\n\n"
            "    def __call__(self, x):\n        return mx.argpartition(self.proj(x), kth=2, axis=-1)\n"},
    Example{"index-gradient",
            "class MoE(nn.Module):\n    def __call__(self, gates):\n        inds = mx.argpartition(-gates, kth=1, "
            "axis=-1)[..., :2]\n"
            "        return §mx.take_along_axis(gates, inds, axis=-1)\n",
            "class MoE(nn.Module):\n    def __call__(self, gates):\n"
            "        inds = mx.stop_gradient(mx.argpartition(-gates, kth=1, axis=-1)[..., :2])\n"
            "        return mx.take_along_axis(gates, inds, axis=-1)\n"},
    Example{"quant-predicate",
            "class MoE(nn.Module):\n    def __init__(self, args):\n        §self.gate = nn.Linear(4, args.num_experts, "
            "bias=False)\n\n\n"
            "class Model(nn.Module):\n    pass\n",
            "class MoE(nn.Module):\n    def __init__(self, args):\n        self.gate = nn.Linear(4, args.num_experts, "
            "bias=False)\n\n\n"
            "class Model(nn.Module):\n    @property\n    def quant_predicate(self):\n        def predicate(path, _):\n"
            "            return {\"group_size\": 64, \"bits\": 8} if path.endswith(\"mlp.gate\") else True\n\n        "
            "return predicate\n"},
    Example{"router-softmax",
            "class MoE(nn.Module):\n    def __call__(self, x):\n        gates = §mx.softmax(self.gate(x), axis=-1)\n"
            "        return mx.argpartition(-gates, kth=1, axis=-1)\n",
            "class MoE(nn.Module):\n    def __call__(self, x):\n        gates = mx.softmax(self.gate(x), axis=-1, "
            "precise=True)\n"
            "        return mx.argpartition(-gates, kth=1, axis=-1)\n"},
    Example{"sanitize-twice",
            "class Model(nn.Module):\n    def sanitize(self, weights):\n        for k, v in weights.items():\n"
            "            if \"conv1d.weight\" in k:\n                §weights[k] = v.moveaxis(2, 1)\n        return "
            "weights\n",
            "class Model(nn.Module):\n    def sanitize(self, weights):\n        for k, v in weights.items():\n"
            "            if \"conv1d.weight\" in k and v.shape[-1] != 1:\n                weights[k] = v.moveaxis(2, "
            "1)\n        return weights\n"},
    Example{"sanitize-pop",
            "class Model(nn.Module):\n    def sanitize(self, weights):\n        §weights.pop(\"lm_head.weight\")\n     "
            "   return weights\n",
            "class Model(nn.Module):\n    def sanitize(self, weights):\n        weights.pop(\"lm_head.weight\", "
            "None)\n        return weights\n"},
    Example{"literal-layer",
            "def sanitize(weights):\n    return {k: v for k, v in weights.items() if not "
            "k.startswith(§\"model.layers.61\")}\n",
            "def sanitize(weights):\n    return weights if \"model.layers.0.mlp.experts.0\" not in weights else "
            "stacked(weights)\n"},
    Example{"loose-loading", "def load(model, weights):\n    §model.load_weights(weights, strict=False)\n",
            "def load(model, weights):\n    model.load_weights(weights)\n"},
};

}  // namespace

std::span<const Example> examples_of_numbers() { return of_numbers; }

}  // namespace portwright::lint
