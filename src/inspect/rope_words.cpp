#include "inspect/rope_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace portwright::inspect {
namespace {

// "500000", "0.5": no exponent, no needless digits.
std::string plain(double number) {
  if (std::abs(number) < 1e15 && number == std::floor(number)) return fmt::format("{:.0f}", number);
  return fmt::format("{:.6g}", number);
}

std::string type_of(const Json& block) {
  std::string type = string_member(block, "rope_type");
  if (type.empty()) type = string_member(block, "type");
  return type.empty() ? "default" : type;
}

// Numbers of a scaling block that a sentence tells, in its order.
struct Told {
  std::string_view key;
  std::string_view words;
};
constexpr std::array numbers_told{Told{"factor", "factor"},
                                  Told{"low_freq_factor", "low frequency factor"},
                                  Told{"high_freq_factor", "high frequency factor"},
                                  Told{"attention_factor", "attention factor"},
                                  Told{"beta_fast", "beta fast"},
                                  Told{"beta_slow", "beta slow"},
                                  Told{"mscale", "mscale"},
                                  Told{"mscale_all_dim", "mscale all dim"}};

std::string lists_in(const Json& block) {
  std::string text;
  for (const auto& [key, value] : block.items()) {
    if (value.is_array()) text += fmt::format(", {} of {} numbers", key, value.size());
  }
  return text;
}

// How much of a head turns, where it is not all of it.
std::string part_that_turns(const ConfigView& config, const Json& block) {
  auto share = number_member(block, "partial_rotary_factor");
  if (!share) share = config.number({"partial_rotary_factor", "rotary_pct", "rope_pct"});
  if (share && *share != 1) return fmt::format(", turns {} of each head", plain(*share));
  if (const auto width = config.count({"qk_rope_head_dim"}))
    return fmt::format(", turns {} dimensions of a head", *width);
  if (const auto width = config.count({"rotary_dim"})) return fmt::format(", turns {} dimensions of a head", *width);
  return "";
}

std::string sentence_of(const ConfigView& config, const Rope& rope, const Json& block) {
  std::string text = rope.type == "default" ? "no scaling" : rope.type + " scaling";
  for (const Told& told : numbers_told) {
    if (const auto number = number_member(block, told.key)) text += fmt::format(", {} {}", told.words, plain(*number));
    if (told.key == "factor" && rope.theta) text += ", theta " + plain(*rope.theta);
  }
  if (!rope.theta) text += ", theta not told";
  auto original = number_member(block, "original_max_position_embeddings");
  if (!original && rope.type != "default") original = config.number({"original_max_position_embeddings"});
  if (original) text += ", original context " + plain(*original);
  return text + lists_in(block) + part_that_turns(config, block);
}

struct Theta {
  std::optional<double> value;
  std::string where;
};
Theta theta_of(const ConfigView& config, const Json& block, const std::string& where, const Keys& own_keys) {
  if (const auto inside = number_member(block, "rope_theta")) return {inside, where + ".rope_theta"};
  if (!own_keys.empty()) {
    if (const Found own = config.find(own_keys); own && own.value->is_number()) {
      return {own.value->get<double>(), own.where};
    }
  }
  const Found shared = config.find({"rope_theta", "global_rope_theta", "rotary_emb_base", "default_theta"});
  if (shared && shared.value->is_number()) return {shared.value->get<double>(), shared.where};
  return {};
}

Rope rope_of(const ConfigView& config, const std::string& layers, const Json& block, const std::string& where,
             const Keys& own_theta = {}) {
  Rope rope;
  rope.layers = layers;
  rope.type = type_of(block);
  rope.where = where;
  Theta theta = theta_of(config, block, where, own_theta);
  // Some classes have one default for each kind of layer.
  if (!theta.value && !layers.empty()) {
    const Found by_kind = config.find({"default_theta"});
    const char* kind = layers == "sliding_attention" ? "local" : "global";
    if (by_kind) theta = {number_member(*by_kind.value, kind), "class default"};
  }
  rope.theta = theta.value;
  rope.theta_where = theta.where;
  rope.sentence = sentence_of(config, rope, block);
  return rope;
}

bool is_nested(const Json& block) {
  return block.is_object() && !block.empty() &&
         std::ranges::all_of(block, [](const Json& one) { return one.is_object() || one.is_null(); });
}

// Positions told without turning anything.
std::optional<Rope> told_otherwise(const ConfigView& config) {
  Rope rope;
  rope.type = "none";
  if (config.flag("alibi") || config.flag("use_alibi")) rope.sentence = "none: ALiBi biases";
  const Found kind = config.find({"position_embedding_type", "pos_emb_type"});
  const std::string word = kind && kind.value->is_string() ? kind.value->get<std::string>() : "";
  if (word == "nope") rope.sentence = "none: layers are not told positions";
  if (word == "absolute" || word == "learned_absolute") rope.sentence = "none: learned absolute positions";
  if (rope.sentence.empty()) return std::nullopt;
  rope.where = kind ? kind.where : "";
  return rope;
}

// The key that says for each layer whether it turns: 1 where it does.
std::string layers_without(const ConfigView& config) {
  const Found list = config.find({"no_rope_layers"});
  if (!list || !list.value->is_array()) return "";
  const auto still = std::ranges::count_if(*list.value, [](const Json& one) { return one.is_number() && one == 0; });
  return still > 0 ? fmt::format("; {} of {} layers without", still, list.value->size()) : "";
}

}  // namespace

std::vector<Rope> rope_words(const ConfigView& config) {
  if (auto otherwise = told_otherwise(config)) return {*otherwise};
  static const Json nothing = Json::object();
  const Found block = config.find({"rope_parameters", "rope_scaling"});
  std::vector<Rope> ropes;
  if (block && is_nested(*block.value)) {
    for (const auto& [layers, settings] : block.value->items()) {
      const Json& own = settings.is_object() ? settings : nothing;
      if (layers == "sliding_attention") {
        ropes.push_back(rope_of(config, layers, own, block.where + "." + layers,
                                {"rope_local_base_freq", "local_rope_theta", "swa_rope_theta"}));
      } else {
        ropes.push_back(rope_of(config, layers, own, block.where + "." + layers));
      }
    }
  } else {
    const bool scaled = block && block.value->is_object();
    ropes.push_back(rope_of(config, "", scaled ? *block.value : nothing, scaled ? block.where : ""));
    // The older form of two bases; what slides is not scaled.
    const Found local = config.find({"rope_local_base_freq", "local_rope_theta", "swa_rope_theta"});
    if (local && local.value->is_number()) {
      ropes.front().layers = "full_attention";
      ropes.push_back(rope_of(config, "sliding_attention", nothing, "",
                              {"rope_local_base_freq", "local_rope_theta", "swa_rope_theta"}));
    }
    if (!scaled && !ropes.front().theta) return {};
  }
  ropes.back().sentence += layers_without(config);
  return ropes;
}

Context context_length(const ConfigView& config, const Json& tokenizer_config) {
  Context context;
  const Keys keys{"max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_seq_length", "seq_length",
                  "max_sequence_length"};
  context.tokens = config.count(keys);
  if (context.tokens) context.where = config.find(keys).where;
  const auto longest = number_member(tokenizer_config, "model_max_length");
  constexpr double no_bound = 1e12;  // transformers writes 1e30 for "none"
  if (longest && *longest >= 1 && *longest < no_bound) {
    const auto tokens = static_cast<std::uint64_t>(*longest);
    if (context.tokens != tokens) context.tokenizer = tokens;
  }
  return context;
}

}  // namespace portwright::inspect
