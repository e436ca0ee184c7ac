#include <array>

#include "lint/example.hpp"

namespace portwright::lint {
namespace {

constexpr std::array of_models{
    Example{"broken-args", "class §ModelArgs(BaseModelArgs):\n    hidden_size: int\n",
            "@dataclass\nclass ModelArgs(BaseModelArgs):\n    hidden_size: int\n"},
    Example{
        "unused-field",
        "@dataclass\nclass ModelArgs(BaseModelArgs):\n    model_type: str\n    hidden_size: int\n    §use_bias: bool = "
        "False\n\n\n"
        "class Model(nn.Module):\n    def __init__(self, args):\n        self.proj = nn.Linear(args.hidden_size, 4)\n",
        "@dataclass\nclass ModelArgs(BaseModelArgs):\n    model_type: str\n    hidden_size: int\n    use_bias: bool = "
        "False\n\n\n"
        "class Model(nn.Module):\n    def __init__(self, args):\n"
        "        self.proj = nn.Linear(args.hidden_size, 4, bias=args.use_bias)\n"},
    Example{"config-changed",
            "@dataclass\nclass ModelArgs(BaseModelArgs):\n    rope_scaling: dict\n\n    def __post_init__(self):\n"
            "        §self.rope_scaling[\"factor\"] = 1.0\n",
            "@dataclass\nclass ModelArgs(BaseModelArgs):\n    rope_scaling: dict\n\n    def __post_init__(self):\n"
            "        self.rope_scaling = dict(self.rope_scaling)\n        self.rope_scaling[\"factor\"] = 1.0\n"},
    Example{"rope-parameters",
            "@dataclass\nclass ModelArgs(BaseModelArgs):\n    rope_parameters: Optional[dict] = None\n\n    def "
            "__post_init__(self):\n"
            "        self.rope_theta = §self.rope_parameters[\"rope_theta\"]\n",
            "@dataclass\nclass ModelArgs(BaseModelArgs):\n    rope_parameters: Optional[dict] = None\n    rope_theta: "
            "float = 10000.0\n\n"
            "    def __post_init__(self):\n        if self.rope_parameters is not None:\n"
            "            self.rope_theta = self.rope_parameters[\"rope_theta\"]\n"},
    Example{"rope-scaling",
            "@dataclass\nclass ModelArgs(BaseModelArgs):\n    rope_scaling: Optional[dict] = None\n\n    def "
            "__post_init__(self):\n"
            "        if self.rope_scaling and \"factor\" not in self.rope_scaling:\n            raise ValueError(\"no "
            "factor\")\n\n\n"
            "class Attention(nn.Module):\n    def __init__(self, args):\n        self.rope = §nn.RoPE(64, "
            "base=args.rope_theta)\n",
            "@dataclass\nclass ModelArgs(BaseModelArgs):\n    rope_scaling: Optional[dict] = None\n\n\n"
            "class Attention(nn.Module):\n    def __init__(self, args):\n"
            "        self.rope = initialize_rope(64, args.rope_theta, False, args.rope_scaling)\n"},
    Example{"tied-head",
            "@dataclass\nclass ModelArgs(BaseModelArgs):\n    tie_word_embeddings: bool = False\n\n\nclass "
            "§Model(nn.Module):\n"
            "    def __init__(self, args):\n        if not args.tie_word_embeddings:\n            self.lm_head = "
            "nn.Linear(4, 8)\n\n"
            "    def __call__(self, inputs, cache=None):\n        return self.model.embed_tokens.as_linear(inputs)\n",
            "@dataclass\nclass ModelArgs(BaseModelArgs):\n    tie_word_embeddings: bool = False\n\n\nclass "
            "Model(nn.Module):\n"
            "    def __init__(self, args):\n        if not args.tie_word_embeddings:\n            self.lm_head = "
            "nn.Linear(4, 8)\n\n"
            "    def __call__(self, inputs, cache=None):\n        return self.model.embed_tokens.as_linear(inputs)\n\n"
            "    def sanitize(self, weights):\n        if self.args.tie_word_embeddings:\n"
            "            weights.pop(\"lm_head.weight\", None)\n        return weights\n"},
    Example{
        "tie-ignored",
        "@dataclass\nclass ModelArgs(BaseModelArgs):\n    hidden_size: int\n\n\nclass §Model(nn.Module):\n"
        "    def __init__(self, args):\n        self.lm_head = nn.Linear(args.hidden_size, 8)\n",
        "@dataclass\nclass ModelArgs(BaseModelArgs):\n    hidden_size: int\n    tie_word_embeddings: bool = True\n\n\n"
        "class Model(nn.Module):\n    def __init__(self, args):\n        if not args.tie_word_embeddings:\n"
        "            self.lm_head = nn.Linear(args.hidden_size, 8)\n"},
    Example{
        "model-layers", "class §Model(nn.Module):\n    def __init__(self, args):\n        self.model = Inner(args)\n",
        "class Model(nn.Module):\n    def __init__(self, args):\n        self.model = Inner(args)\n\n    @property\n"
        "    def layers(self):\n        return self.model.layers\n"},
    Example{"model-attributes", "class §Model(nn.Module):\n    def __init__(self, args):\n        self.args = args\n",
            "class Model(nn.Module):\n    def __init__(self, args):\n        self.args = args\n"
            "        self.model_type = args.model_type\n"},
    Example{"signature", "class Model(nn.Module):\n    def __call__(self, inputs, §cache):\n        return inputs\n",
            "class Model(nn.Module):\n    def __call__(self, inputs, cache=None):\n        return inputs\n"},
    Example{"super-init",
            "class MLP(nn.Module):\n    def §__init__(self, dim):\n        self.up = nn.Linear(dim, dim)\n",
            "class MLP(nn.Module):\n    def __init__(self, dim):\n        super().__init__()\n        self.up = "
            "nn.Linear(dim, dim)\n"},
    Example{"module-state",
            "class Attention(nn.Module):\n    def __call__(self, x, cache=None):\n        §self.last = x\n        "
            "return x\n",
            "class Attention(nn.Module):\n    def __call__(self, x, cache=None):\n        cache[0] = x\n        return "
            "x\n"},
    Example{"default-cache",
            "class Model(nn.Module):\n    def §make_cache(self):\n        return [KVCache() for _ in self.layers]\n",
            "class Model(nn.Module):\n    def make_cache(self):\n"
            "        return [RotatingKVCache(max_size=8) if l.sliding else KVCache() for l in self.layers]\n"},
    Example{"window-cache",
            "class Inner(nn.Module):\n    def __call__(self, h, cache=None):\n"
            "        return §create_attention_mask(h, cache[0], window_size=self.window)\n\n\nclass "
            "Model(nn.Module):\n    pass\n",
            "class Inner(nn.Module):\n    def __call__(self, h, cache=None):\n"
            "        return create_attention_mask(h, cache[0], window_size=self.window)\n\n\nclass Model(nn.Module):\n"
            "    def make_cache(self):\n        return [RotatingKVCache(max_size=self.window) for _ in self.layers]\n"},
};

}  // namespace

std::span<const Example> examples_of_models() { return of_models; }

}  // namespace portwright::lint
