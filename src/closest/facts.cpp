#include "closest/facts.hpp"

#include <algorithm>
#include <array>

namespace portwright::closest {
namespace {

// Weights, chosen on the development half of bench/closest: 3 where a part of its own has to be written, 1 for a
// difference of lines, below 1 where ports do the same in another way.
constexpr std::array table{
    Fact{"attention.softmax", "attention", "softmax attention", 2},
    Fact{"attention.separate_qkv", "attention", "separate q, k and v projections", 0.5},
    Fact{"attention.fused_qkv", "attention", "one fused qkv projection", 1},
    Fact{"attention.grouped", "attention", "fewer key-value heads than query heads", 0.5, true},
    Fact{"attention.bias", "attention", "a bias on the attention projections", 0.5, true},
    Fact{"attention.bias_within", "attention", "a bias on q, k and v but none on the output projection", 2},
    Fact{"attention.qk_norm.head", "attention", "q/k norm over each head", 1.5},
    Fact{"attention.qk_norm.whole", "attention", "q/k norm before the split into heads", 1.5},
    Fact{"attention.qk_norm.after_rope", "attention", "q/k norm after the rotation", 1},
    Fact{"attention.v_norm", "attention", "a norm on the values", 1},
    Fact{"attention.gate", "attention", "a sigmoid gate on attention's output", 1.5},
    Fact{"attention.inner_norm", "attention", "a norm between attention and its output projection", 1},
    Fact{"attention.sinks", "attention", "attention sinks", 1.5},
    Fact{"attention.softcap", "attention", "capped attention scores", 1.5, true},
    Fact{"attention.window", "attention", "a sliding window", 1, true},
    Fact{"attention.layer_kinds", "attention", "layers of several kinds", 1, true},
    Fact{"attention.chunks", "attention", "attention in chunks", 1.5, true},
    Fact{"attention.scale", "attention", "an attention scale from the config", 0.7, true},
    Fact{"attention.temperature", "attention", "queries scaled by their position", 1, true},
    Fact{"attention.clip", "attention", "clipped q, k and v", 1, true},
    Fact{"attention.mla", "attention", "latent attention (MLA)", 4},
    Fact{"attention.q_lora", "attention", "a low-rank query projection", 1, true},
    Fact{"attention.indexer", "attention", "a sparse indexer", 3},
    Fact{"attention.shared_kv", "attention", "layers that share keys and values", 2},

    Fact{"rope", "rope", "rotary positions", 1},
    Fact{"rope.learned", "rope", "learned positions", 1.5},
    Fact{"rope.partial", "rope", "rotation of a part of each head", 1, true},
    Fact{"rope.interleaved", "rope", "interleaved rotation (traditional=True)", 1},
    Fact{"rope.scaling", "rope", "scaled rotation (yarn, llama3 and the like)", 0.3, true},
    Fact{"rope.kinds", "rope", "another theta for each kind of attention", 1, true},
    Fact{"rope.some_layers", "rope", "no rotation on some layers", 1.5, true},
    Fact{"rope.sections", "rope", "rotation in sections (mrope)", 0.7, true},

    Fact{"norm.rms", "norms", "RMSNorm", 1},
    Fact{"norm.layer", "norms", "LayerNorm", 1},
    Fact{"norm.offset", "norms", "norm weights stored as w for 1 + w", 1},
    Fact{"norm.weightless", "norms", "norms without weights", 0.7},
    Fact{"norm.before_mixer", "norms", "a norm before attention", 1},
    Fact{"norm.after_mixer", "norms", "a norm after attention", 1.5},
    Fact{"norm.before_feed_forward", "norms", "a norm before the feed-forward", 1},
    Fact{"norm.after_feed_forward", "norms", "a norm after the feed-forward", 1.5},
    Fact{"layer.parallel", "norms", "attention and feed-forward side by side", 2},
    Fact{"layer.residual_scale", "norms", "a scaled residual", 1, true},
    Fact{"layer.scalar", "norms", "a learned scale of each layer", 1},

    Fact{"mlp.gated", "mlp", "a gated MLP", 1},
    Fact{"mlp.plain", "mlp", "a plain MLP", 1.5},
    Fact{"mlp.fused", "mlp", "gate and up in one projection", 0.5},
    Fact{"mlp.bias", "mlp", "a bias in the MLP", 0.4, true},
    Fact{"mlp.inner_norm", "mlp", "a norm inside the MLP", 1},
    Fact{"mlp.silu", "mlp", "SiLU", 0.5},
    Fact{"mlp.gelu", "mlp", "GELU", 0.5},
    Fact{"mlp.gelu_tanh", "mlp", "GELU in its tanh form", 0.5},
    Fact{"mlp.relu2", "mlp", "squared ReLU", 1},
    Fact{"mlp.xielu", "mlp", "xIELU", 1.5},
    Fact{"mlp.clamped", "mlp", "clamped SwiGLU", 1},

    Fact{"router", "router", "a mixture of experts", 3},
    Fact{"router.softmax", "router", "softmax over the experts", 1},
    Fact{"router.sigmoid", "router", "a sigmoid for each expert", 1},
    Fact{"router.bias", "router", "a bias that corrects the choice of experts", 1},
    Fact{"router.groups", "router", "experts chosen by groups", 1, true},
    Fact{"router.normalised", "router", "weights of the chosen experts normalised", 0.5, true},
    Fact{"router.scale", "router", "routed output scaled", 0.5, true},
    Fact{"router.shared", "router", "shared experts", 1},
    Fact{"router.shared_gate", "router", "a gate on the shared expert", 1},
    Fact{"router.dense_layers", "router", "dense layers among those with experts", 1, true},
    Fact{"router.zero_experts", "router", "experts that return their input", 2},

    Fact{"recurrent.mamba", "recurrent", "Mamba layers", 4},
    Fact{"recurrent.mamba2", "recurrent", "Mamba-2 layers", 4},
    Fact{"recurrent.gated_delta", "recurrent", "gated delta layers", 4},
    Fact{"recurrent.kda", "recurrent", "Kimi delta attention layers", 4},
    Fact{"recurrent.short_conv", "recurrent", "short convolution layers", 4},
    Fact{"recurrent.lightning", "recurrent", "linear attention layers (lightning)", 4},
    Fact{"recurrent.rglru", "recurrent", "gated linear recurrence (RG-LRU) layers", 4},
    Fact{"recurrent.rwkv", "recurrent", "RWKV layers", 4},
    Fact{"recurrent.other", "recurrent", "layers that keep a state", 3},
    Fact{"recurrent.parallel", "recurrent", "attention and a state side by side in one layer", 2},
    Fact{"recurrent.multipliers", "recurrent", "multipliers on the state's parts", 1},

    Fact{"embedding.scale", "embedding and head", "a scaled embedding", 0.8, true},
    Fact{"embedding.norm", "embedding and head", "a norm on the embedding", 1},
    Fact{"embedding.per_layer", "embedding and head", "an embedding for each layer", 2},
    Fact{"head.tied", "embedding and head", "a head that may be tied", 0.4, true},
    Fact{"head.scale", "embedding and head", "scaled logits", 0.8, true},
    Fact{"head.softcap", "embedding and head", "capped logits", 1, true},
    Fact{"head.bias", "embedding and head", "a bias on the head", 0.5, true},

    Fact{"cache.kv", "cache", "a key-value cache", 0.5},
    Fact{"cache.rotating", "cache", "a rotating cache", 0.5, true},
    Fact{"cache.state", "cache", "a cache of states", 1},
    Fact{"cache.chunked", "cache", "a cache in chunks", 0.5, true},
};

}  // namespace

std::span<const Fact> facts() { return table; }

const Fact* fact_named(std::string_view id) {
  const auto found = std::ranges::find(table, id, &Fact::id);
  return found == table.end() ? nullptr : &*found;
}

}  // namespace portwright::closest
