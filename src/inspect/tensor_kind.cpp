#include "inspect/tensor_kind.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <set>

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

constexpr std::uint32_t no_layer = std::numeric_limits<std::uint32_t>::max();

// A name with its numbers taken out, and what they were for.
struct Name {
  std::string form;                // "model.layers.*.self_attn.q_proj.weight"
  std::uint32_t layer = no_layer;  // its first number
  std::string_view block;          // "model.layers.3.self_attn.": up to the component behind that number; may be empty
};

Name taken_apart(std::string_view tensor) {
  Name name;
  name.form.reserve(tensor.size());
  bool block_is_next = false;
  for (std::size_t begin = 0; begin <= tensor.size();) {
    const std::size_t end = std::min(tensor.find('.', begin), tensor.size());
    const std::string_view word = tensor.substr(begin, end - begin);
    if (block_is_next && end < tensor.size()) name.block = tensor.substr(0, end + 1);
    block_is_next = false;
    if (is_number(word)) {
      name.form += '*';
      if (name.layer == no_layer) {
        std::from_chars(word.data(), word.data() + word.size(), name.layer);
        block_is_next = true;
      }
    } else {
      name.form += word;
    }
    if (end < tensor.size()) name.form += '.';
    begin = end + 1;
  }
  return name;
}

// What the words of a form say, whatever its numbers are.
struct Form {
  Words words;
  bool marks_recurrent = false;
  Kind kind = Kind::other;
  Kind in_recurrent_block = Kind::other;
};

Kind kind_of(const Words& words, bool has_experts, bool recurrent) {
  for (const Rule& rule : first_rules) {
    if (std::ranges::any_of(words, rule.says)) return rule.kind;
  }
  const bool in_layer = std::ranges::find(words, "*") != words.end();
  const bool gates = has_experts && std::ranges::find(words, "gate") != words.end();
  for (const Rule& rule : rules) {
    // An output projection of a layer is no head.
    if (rule.kind == Kind::head && in_layer) continue;
    if (rule.kind == Kind::router && gates) return Kind::router;
    if (rule.kind == Kind::recurrent && recurrent) return Kind::recurrent;
    if (std::ranges::any_of(words, rule.says)) return rule.kind;
  }
  return Kind::other;
}

}  // namespace

std::string_view name(Kind kind) { return kind_names.at(static_cast<std::size_t>(kind)); }

std::optional<std::uint64_t> TensorKinds::layer_of(std::size_t tensor) const {
  return layers_[tensor] == no_layer ? std::nullopt : std::optional<std::uint64_t>(layers_[tensor]);
}

TensorKinds::TensorKinds(const std::vector<checkpoint::TensorInfo>& tensors, std::uint64_t layers) {
  std::map<std::string, std::uint32_t> places;
  std::vector<std::string_view> blocks;
  for (const checkpoint::TensorInfo& tensor : tensors) {
    Name name = taken_apart(tensor.name);
    const auto place = places.emplace(std::move(name.form), static_cast<std::uint32_t>(places.size())).first;
    forms_.push_back(place->second);
    layers_.push_back(name.layer);
    blocks.push_back(name.block);
  }
  form_count_ = places.size();

  std::vector<Form> forms(places.size());
  bool has_experts = false;
  for (const auto& [text, place] : places) {
    Form& form = forms[place];
    form.words = components(text);
    if (std::ranges::any_of(form.words, says_tower)) continue;
    form.marks_recurrent = std::ranges::any_of(form.words, marks_recurrent);
    has_experts = has_experts || std::ranges::any_of(form.words, says_experts);
  }
  for (Form& form : forms) {
    form.kind = kind_of(form.words, has_experts, false);
    form.in_recurrent_block = kind_of(form.words, has_experts, true);
  }

  std::set<std::string_view> recurrent_blocks;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (forms[forms_[i]].marks_recurrent && !blocks[i].empty()) recurrent_blocks.insert(blocks[i]);
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Form& form = forms[forms_[i]];
    const bool recurrent = !recurrent_blocks.empty() && recurrent_blocks.contains(blocks[i]);
    const Kind kind = recurrent ? form.in_recurrent_block : form.kind;
    const bool past_the_last = layers > 0 && layers_[i] != no_layer && layers_[i] >= layers;
    kinds_.push_back(past_the_last && kind != Kind::tower ? Kind::mtp : kind);
  }
}

}  // namespace portwright::inspect
