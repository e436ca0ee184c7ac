#include <array>

#include "lint/example.hpp"

namespace portwright::lint {
namespace {

constexpr std::array of_layers{
    Example{
        "token-loop",
        "class Mixer(nn.Module):\n    def __call__(self, x):\n        B, L, D = x.shape\n        §for t in range(L):\n"
        "            x = self.step(x[:, t])\n        return x\n",
        "class Mixer(nn.Module):\n    def __call__(self, x):\n        B, L, D = x.shape\n        for layer in "
        "self.layers:\n"
        "            x = layer(x)\n        return x\n"},
    Example{
        "expert-loop",
        "class MoE(nn.Module):\n    def __call__(self, x, weights):\n        y = 0\n        §for i, expert in "
        "enumerate(self.experts):\n"
        "            y = y + weights[i] * expert(x)\n        return y\n",
        "class MoE(nn.Module):\n    def __call__(self, x, indices, weights):\n        y = self.switch_mlp(x, indices)\n"
        "        return (y * weights[..., None]).sum(axis=-2)\n"},
    Example{"host-sync", "class MLP(nn.Module):\n    def __call__(self, x):\n        return x * §self.scale.item()\n",
            "class MLP(nn.Module):\n    def __call__(self, x):\n        return x * self.scale\n"},
    Example{"single-offset",
            "class Attention(nn.Module):\n    def __call__(self, x, cache=None):\n        B, L, D = x.shape\n"
            "        return mx.arange(§cache.offset, cache.offset + L)\n",
            "class Attention(nn.Module):\n    def __call__(self, x, cache=None):\n        B, L, D = x.shape\n"
            "        return cache.offset + mx.arange(L)\n"},
    Example{"repeated-heads",
            "class Attention(nn.Module):\n    def __call__(self, q, keys):\n        keys = §mx.repeat(keys, "
            "self.n_rep, axis=1)\n"
            "        return attend(q, keys)\n",
            "class Attention(nn.Module):\n    def __call__(self, q, keys):\n        return attend(q, keys)\n"},
    Example{"kernel-training",
            "def make_kernel():\n    return §mx.fast.metal_kernel(name=\"scan\", input_names=[], output_names=[], "
            "source=\"\")\n",
            "def make_kernel():\n    return mx.fast.metal_kernel(name=\"scan\", input_names=[], output_names=[], "
            "source=\"\")\n\n\n"
            "class Mixer(nn.Module):\n    def __call__(self, x):\n        return scan_ops(x) if self.training else "
            "scan(x)\n"},
    Example{"written-norm",
            "class Norm(nn.Module):\n    def __call__(self, x):\n        return x * §mx.rsqrt(mx.mean(x * x, axis=-1, "
            "keepdims=True) + self.eps)\n",
            "class Norm(nn.Module):\n    def __call__(self, x):\n        return mx.fast.rms_norm(x, None, self.eps)\n"},
    Example{"written-activation",
            "class MLP(nn.Module):\n    def __call__(self, x):\n        return §x * mx.sigmoid(x)\n",
            "class MLP(nn.Module):\n    def __call__(self, x):\n        return nn.silu(x)\n"},
    Example{"unfused-swiglu",
            "class MLP(nn.Module):\n    def __call__(self, x):\n        return self.down(§nn.silu(self.gate(x)) * "
            "self.up(x))\n",
            "class MLP(nn.Module):\n    def __call__(self, x):\n        return self.down(swiglu(self.gate(x), "
            "self.up(x)))\n"},
    Example{"shared-helper",
            "def §create_attention_mask(h, cache=None):\n    return \"causal\"\n\n\ndef mask_of(h, cache):\n"
            "    return create_attention_mask(h, cache)\n",
            "from .base import create_attention_mask\n\n\ndef mask_of(h, cache):\n    return create_attention_mask(h, "
            "cache)\n"},
    Example{"written-mask",
            "class Inner(nn.Module):\n    def __call__(self, h, cache=None):\n        return "
            "§mx.tril(mx.ones((h.shape[1], h.shape[1])))\n",
            "class Inner(nn.Module):\n    def __call__(self, h, cache=None):\n        return create_attention_mask(h, "
            "cache[0])\n"},
    Example{"direct-attention",
            "class Attention(nn.Module):\n    def __call__(self, q, k, v, cache=None):\n"
            "        return §mx.fast.scaled_dot_product_attention(q, k, v, scale=1.0)\n",
            "class Attention(nn.Module):\n    def __call__(self, q, k, v, cache=None):\n"
            "        return scaled_dot_product_attention(q, k, v, cache=cache, scale=1.0, mask=None)\n"},
    Example{"written-attention",
            "class Attention(nn.Module):\n    def __call__(self, q, k, v):\n        scores = q @ k.swapaxes(-1, -2)\n"
            "        return §mx.softmax(scores, axis=-1) @ v\n",
            "class Attention(nn.Module):\n    def __call__(self, q, k, v):\n        scores = mx.tanh(q @ "
            "k.swapaxes(-1, -2))\n"
            "        return mx.softmax(scores, axis=-1) @ v\n"},
    Example{"written-rope",
            "def §rotate_half(x):\n    a, b = mx.split(x, 2, axis=-1)\n    return mx.concatenate([-b, a], axis=-1)\n",
            "def halves(x):\n    a, b = mx.split(x, 2, axis=-1)\n    return mx.concatenate([b, a], axis=-1)\n"},
    Example{"expert-list",
            "class MoE(nn.Module):\n    def __init__(self, args):\n        §self.experts = [MLP(args) for _ in "
            "range(args.num_experts)]\n",
            "class MoE(nn.Module):\n    def __init__(self, args):\n        self.switch_mlp = SwitchGLU(8, 8, "
            "args.num_experts)\n"},
    Example{"expanded-latent",
            "class Attention(nn.Module):\n    def __call__(self, latent):\n        return §self.kv_b_proj(latent)\n",
            "class Attention(nn.Module):\n    def __call__(self, latent):\n        return self.embed_q(latent)\n"},
    Example{"raw-projection",
            "class Head(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.weight = "
            "mx.zeros((8, 4))\n\n"
            "    def __call__(self, x):\n        return §x @ self.weight.T\n",
            "class Head(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.proj = "
            "nn.Linear(4, 8, bias=False)\n\n"
            "    def __call__(self, x):\n        return self.proj(x)\n"},
};

}  // namespace

std::span<const Example> examples_of_layers() { return of_layers; }

}  // namespace portwright::lint
