#include "inspect/tensor_kind.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace portwright::inspect {
namespace {

using Words = std::vector<std::string_view>;

constexpr std::array<std::string_view, kinds> kind_names{"embedding",      "attention", "mlp",    "experts",
                                                         "shared experts", "router",    "norm",   "head",
                                                         "recurrent",      "mtp",       "towers", "other"};

Words components(std::string_view tensor) {
  Words words;
  for (std::size_t begin = 0; begin <= tensor.size();) {
    const std::size_t end = std::min(tensor.find('.', begin), tensor.size());
    words.push_back(tensor.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

bool is_number(std::string_view word) {
  return !word.empty() && word.size() < 10 && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, word) != words.end();
}
template <std::size_t N>
bool contains_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::any_of(words, [&](std::string_view part) { return word.find(part) != std::string_view::npos; });
}

// How a component of a name says a kind: by being a word, or by containing one.
bool says_tower(std::string_view word) {
  constexpr std::array<std::string_view, 12> parts{"vision",      "visual",     "audio",     "image",
                                                   "multi_modal", "multimodal", "projector", "aligner",
                                                   "speech",      "talker",     "token2wav", "code2wav"};
  constexpr std::array<std::string_view, 3> words{"connector", "mlp1", "perceiver"};
  return contains_one_of(word, parts) || is_one_of(word, words);
}
bool says_mtp(std::string_view word) {
  constexpr std::array<std::string_view, 5> words{"mtp", "mtp_layers", "nextn", "mtp_block", "mtp_head"};
  return is_one_of(word, words);
}
bool says_head(std::string_view word) {
  constexpr std::array<std::string_view, 5> words{"lm_head", "embed_out", "output", "output_layer", "score"};
  return is_one_of(word, words);
}
bool says_norm(std::string_view word) {
  constexpr std::array<std::string_view, 8> words{"ln_1", "ln_2", "ln_f", "ln1", "ln2", "ln_x", "ln_out", "ln0"};
  return word.find("norm") != std::string_view::npos || is_one_of(word, words);
}
bool says_embedding(std::string_view word) {
  constexpr std::array<std::string_view, 4> words{"wte", "wpe", "embed_in", "emb"};
  return word.find("embed") != std::string_view::npos || is_one_of(word, words);
}
bool says_router(std::string_view word) {
  constexpr std::array<std::string_view, 6> words{"router",      "shared_expert_gate", "e_score_correction_bias",
                                                  "expert_bias", "router_bias",        "wg"};
  return is_one_of(word, words);
}
bool says_shared_experts(std::string_view word) {
  constexpr std::array<std::string_view, 5> words{"shared_expert", "shared_experts", "shared_mlp", "shared_moe",
                                                  "shared_expert_mlp"};
  return is_one_of(word, words);
}
bool says_experts(std::string_view word) {
  constexpr std::array<std::string_view, 5> words{"experts", "expert", "switch_mlp", "switch_glu", "local_experts"};
  return is_one_of(word, words) || word.find("_experts") != std::string_view::npos;
}
bool says_recurrent(std::string_view word) {
  constexpr std::array<std::string_view, 7> words{"linear_attn", "mamba",  "ssm",     "recurrent",
                                                  "rglru",       "rg_lru", "time_mix"};
  return is_one_of(word, words) || word.find("mamba") != std::string_view::npos;
}
bool says_attention(std::string_view word) {
  constexpr std::array<std::string_view, 9> words{"q_proj", "k_proj", "v_proj",          "o_proj", "qkv_proj",
                                                  "Wqkv",   "qkv",    "query_key_value", "c_attn"};
  return word.find("attn") != std::string_view::npos || word.find("attention") != std::string_view::npos ||
         is_one_of(word, words);
}
bool says_mlp(std::string_view word) {
  constexpr std::array<std::string_view, 14> words{"mlp", "feed_forward", "ffn",       "ff",          "fc1",
                                                   "fc2", "c_fc",         "gate_proj", "up_proj",     "down_proj",
                                                   "w1",  "w2",           "w3",        "gate_up_proj"};
  return is_one_of(word, words) || word.find("mlp") != std::string_view::npos;
}
// Parameters that only recurrent blocks have.
bool marks_recurrent(std::string_view word) {
  constexpr std::array<std::string_view, 8> words{"A_log",      "dt_bias",    "conv1d",          "conv_1d",
                                                  "time_decay", "time_first", "recurrent_param", "dt_proj"};
  return is_one_of(word, words) || word.ends_with("_conv1d") || word == "conv";
}

// The place of the layer's number among the components.
std::optional<std::size_t> layer_place(const Words& words) {
  const auto found = std::ranges::find_if(words, is_number);
  if (found == words.end()) return std::nullopt;
  return static_cast<std::size_t>(found - words.begin());
}

// "model.layers.3.self_attn.": the name up to the component behind the layer's number, and a dot.
std::string_view block_of(std::string_view tensor, const Words& words) {
  const auto place = layer_place(words);
  if (!place || *place + 2 >= words.size()) return {};
  const std::string_view block = words[*place + 1];
  return tensor.substr(0, static_cast<std::size_t>(block.data() + block.size() - tensor.data()) + 1);
}

struct Rule {
  Kind kind;
  bool (*says)(std::string_view word);
};
// The first rule that any component fits wins: a norm within an attention is a norm.
constexpr std::array first_rules{Rule{Kind::tower, says_tower}, Rule{Kind::mtp, says_mtp}};
constexpr std::array rules{Rule{Kind::head, says_head},
                           Rule{Kind::norm, says_norm},
                           Rule{Kind::embedding, says_embedding},
                           Rule{Kind::router, says_router},
                           Rule{Kind::shared_experts, says_shared_experts},
                           Rule{Kind::experts, says_experts},
                           Rule{Kind::recurrent, says_recurrent},
                           Rule{Kind::attention, says_attention},
                           Rule{Kind::mlp, says_mlp}};

}  // namespace

std::string_view name(Kind kind) { return kind_names.at(static_cast<std::size_t>(kind)); }

std::optional<std::uint64_t> layer_of(std::string_view tensor) {
  const Words words = components(tensor);
  const auto place = layer_place(words);
  if (!place) return std::nullopt;
  std::uint64_t number = 0;
  std::from_chars(words[*place].data(), words[*place].data() + words[*place].size(), number);
  return number;
}

TensorKinds::TensorKinds(const std::vector<checkpoint::TensorInfo>& tensors, std::uint64_t layers) : layers_(layers) {
  for (const checkpoint::TensorInfo& tensor : tensors) {
    const Words words = components(tensor.name);
    if (std::ranges::any_of(words, says_tower)) continue;
    has_experts_ = has_experts_ || std::ranges::any_of(words, says_experts);
    if (std::ranges::any_of(words, marks_recurrent)) {
      if (const auto block = block_of(tensor.name, words); !block.empty()) recurrent_blocks_.emplace(block);
    }
  }
}

Kind TensorKinds::of(std::string_view tensor) const {
  const Words words = components(tensor);
  for (const Rule& rule : first_rules) {
    if (std::ranges::any_of(words, rule.says)) return rule.kind;
  }
  if (layers_ > 0) {
    if (const auto layer = layer_of(tensor); layer && *layer >= layers_) return Kind::mtp;
  }
  const bool gates = has_experts_ && std::ranges::find(words, "gate") != words.end();
  const bool recurrent = recurrent_blocks_.contains(block_of(tensor, words));
  for (const Rule& rule : rules) {
    // An output projection of a layer is no head, and a layer's own embedding norm no embedding.
    if (rule.kind == Kind::head && layer_place(words)) continue;
    if (rule.kind == Kind::router && gates) return Kind::router;
    if (rule.kind == Kind::recurrent && recurrent) return Kind::recurrent;
    if (std::ranges::any_of(words, rule.says)) return rule.kind;
  }
  return Kind::other;
}

}  // namespace portwright::inspect
