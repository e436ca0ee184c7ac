#include "inspect/layer_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace portwright::inspect {
namespace {

using checkpoint::TensorInfo;
using Kinds = std::vector<std::string>;

struct Told {
  Kinds of_layer;  // empty: this rule says nothing
  std::string where;
};

// A rule reads one way of saying it; config keys are the same whatever the model type.
using Rule = Told (*)(const ConfigView& config, std::uint64_t layers);

// A list with a word for each layer; a shorter one is repeated.
Told by_list(const ConfigView& config, std::uint64_t layers) {
  const Found list = config.find({"layer_types", "layers_block_type", "block_types", "attn_type_list"});
  if (!list || !list.value->is_array() || list.value->empty()) return {};
  Told told{{}, list.where};
  for (std::uint64_t i = 0; i < layers; ++i) {
    const Json& word = (*list.value)[i % list.value->size()];
    told.of_layer.push_back(word.is_string() ? word.get<std::string>() : word.dump());
  }
  return told;
}

// A letter for each layer, as hybrids of Mamba write it.
Told by_letters(const ConfigView& config, std::uint64_t layers) {
  const Found text = config.find({"hybrid_override_pattern"});
  if (!text || !text.value->is_string()) return {};
  const auto& letters = text.value->get_ref<const std::string&>();
  Told told{{}, text.where};
  for (std::uint64_t i = 0; i < layers && i < letters.size(); ++i) {
    const char letter = letters[i];
    told.of_layer.emplace_back(letter == 'M'   ? "mamba"
                               : letter == '*' ? "attention"
                               : letter == 'E' ? "moe"
                               : letter == '-' ? "mlp"
                                               : "other");
  }
  return told;
}

// Attention every so many layers, beginning with an offset; what lies between is recurrent.
Told by_period(const ConfigView& config, std::uint64_t layers) {
  const auto period = config.count({"attn_layer_period"});
  if (!period) return {};
  const auto offset = static_cast<std::uint64_t>(std::max(0.0, config.number({"attn_layer_offset"}).value_or(0)));
  Told told{{}, config.find({"attn_layer_period"}).where};
  for (std::uint64_t i = 0; i < layers; ++i) told.of_layer.emplace_back(i % *period == offset ? "attention" : "mamba");
  return told;
}

Told by_interval(const ConfigView& config, std::uint64_t layers) {
  const auto interval = config.count({"full_attention_interval"});
  if (!interval) return {};
  Told told{{}, config.find({"full_attention_interval"}).where};
  for (std::uint64_t i = 0; i < layers; ++i) {
    told.of_layer.emplace_back((i + 1) % *interval == 0 ? "full_attention" : "linear_attention");
  }
  return told;
}

Told by_sliding_pattern(const ConfigView& config, std::uint64_t layers) {
  const auto pattern = config.count({"sliding_window_pattern", "_sliding_window_pattern"});
  if (!pattern || !config.find({"sliding_window"})) return {};
  Told told{{}, config.find({"sliding_window_pattern", "_sliding_window_pattern"}).where};
  for (std::uint64_t i = 0; i < layers; ++i) {
    told.of_layer.emplace_back((i + 1) % *pattern == 0 ? "full_attention" : "sliding_attention");
  }
  return told;
}

// The numbers of layers that a list names.
std::set<std::uint64_t> places_in(const Found& list) {
  std::set<std::uint64_t> places;
  if (!list || !list.value->is_array()) return places;
  for (const Json& place : *list.value) {
    if (place.is_number_integer() && place >= 0) places.insert(place.get<std::uint64_t>());
  }
  return places;
}

// Places of the layers with full attention; `first` is what the first layer is called.
Told by_places(const Found& places, std::uint64_t first, const char* others, std::uint64_t layers) {
  if (!places || !places.value->is_array()) return {};
  const std::set<std::uint64_t> full = places_in(places);
  Told told{{}, places.where};
  for (std::uint64_t i = 0; i < layers; ++i) {
    told.of_layer.emplace_back(full.contains(i + first) ? "full_attention" : others);
  }
  return told;
}
Told by_indices(const ConfigView& config, std::uint64_t layers) {
  if (const Found conv = config.find({"full_attn_idxs"})) return by_places(conv, 0, "conv", layers);
  if (const Found mamba = config.find({"attn_layer_indices"})) return by_places(mamba, 0, "mamba", layers);
  const Found linear = config.find({"linear_attn_config"});
  if (!linear) return {};
  const Json* full = member(*linear.value, "full_attn_layers");
  return full == nullptr ? Told{}
                         : by_places({full, linear.where + ".full_attn_layers"}, 1, "linear_attention", layers);
}

// Attention within chunks in layers that turn their queries.
Told by_chunks(const ConfigView& config, std::uint64_t layers) {
  if (!config.count({"attention_chunk_size"})) return {};
  const Found list = config.find({"no_rope_layers"});
  const auto interval = config.count({"no_rope_layer_interval"});
  if ((!list || !list.value->is_array() || list.value->size() < layers) && !interval) return {};
  const bool listed = list && list.value->is_array() && list.value->size() >= layers;
  Told told{{}, listed ? list.where : config.find({"no_rope_layer_interval"}).where};
  for (std::uint64_t i = 0; i < layers; ++i) {
    const bool turns = listed ? (*list.value)[i] == 1 : (i + 1) % *interval != 0;
    told.of_layer.emplace_back(turns ? "chunked_attention" : "full_attention");
  }
  return told;
}

constexpr std::array<Rule, 7> rules{by_list,    by_letters, by_period, by_interval, by_sliding_pattern,
                                    by_indices, by_chunks};

// What each layer's tensors are for.
struct LayerTensors {
  bool attention = false;
  bool recurrent = false;
  bool experts = false;
  bool any = false;
};
std::vector<LayerTensors> tensors_by_layer(const std::vector<TensorInfo>& tensors, const TensorKinds& kinds_of,
                                           std::uint64_t layers) {
  std::vector<LayerTensors> found(layers);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Kind kind = kinds_of.of(i);
    const auto layer = kinds_of.layer_of(i);
    if (kind == Kind::tower || kind == Kind::mtp || !layer || *layer >= layers) continue;
    found[*layer].any = true;
    found[*layer].attention = found[*layer].attention || kind == Kind::attention;
    found[*layer].recurrent = found[*layer].recurrent || kind == Kind::recurrent;
    found[*layer].experts = found[*layer].experts || kind == Kind::experts;
  }
  return found;
}

Told by_tensors(const std::vector<LayerTensors>& found) {
  if (std::ranges::none_of(found, &LayerTensors::recurrent)) return {};
  Told told{{}, "headers"};
  for (const LayerTensors& layer : found) {
    told.of_layer.emplace_back(layer.recurrent && layer.attention ? "attention and recurrent"
                               : layer.recurrent                  ? "recurrent"
                               : layer.attention                  ? "attention"
                                                                  : "mlp");
  }
  return told;
}

// Without a list: all layers slide, or those from max_window_layers on, or none.
Told by_window(const ConfigView& config, std::uint64_t layers) {
  const Found window = config.find({"sliding_window"});
  const Found use = config.find({"use_sliding_window"});
  const bool off = use && use.value->is_boolean() && !use.value->get<bool>();
  const bool slides = window && window.value->is_number() && !off;
  const auto from = static_cast<std::uint64_t>(std::max(0.0, config.number({"max_window_layers"}).value_or(0)));
  const bool some = use && slides;
  Told told{{}, slides ? window.where : ""};
  for (std::uint64_t i = 0; i < layers; ++i) {
    told.of_layer.emplace_back(slides && (!some || i >= from) ? "sliding_attention" : "full_attention");
  }
  return told;
}

std::vector<KindCount> counted(const Kinds& of_layer) {
  std::vector<KindCount> counts;
  for (const std::string& kind : of_layer) {
    const auto known = std::ranges::find(counts, kind, &KindCount::name);
    known == counts.end() ? counts.push_back({kind, 1}) : void(++known->layers);
  }
  return counts;
}

// The shortest period that the whole list repeats, the last time perhaps in part.
std::string pattern_of(const Kinds& of_layer) {
  const std::size_t layers = of_layer.size();
  for (std::size_t period = 2; period <= layers / 2; ++period) {
    bool repeats = true;
    for (std::size_t i = period; i < layers && repeats; ++i) repeats = of_layer[i] == of_layer[i - period];
    if (!repeats) continue;
    std::string text;
    for (std::size_t i = 0; i < period;) {
      std::size_t end = i;
      while (end < period && of_layer[end] == of_layer[i]) ++end;
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", end - i, of_layer[i]);
      i = end;
    }
    return fmt::format("{}, over and over", text);
  }
  return "";
}

// Which layers have experts: by the tensors where all are here, else by config.
Told mlps_of(const ConfigView& config, const std::vector<LayerTensors>& found, std::uint64_t layers) {
  const Found list = config.find({"mlp_layer_types"});
  Told told;
  if (list && list.value->is_array() && list.value->size() >= layers) {
    told.where = list.where;
    for (std::uint64_t i = 0; i < layers; ++i) {
      const Json& word = (*list.value)[i];
      told.of_layer.push_back(word == "sparse" ? "moe" : word.is_string() ? word.get<std::string>() : word.dump());
    }
    return told;
  }
  const bool all_here = std::ranges::all_of(found, &LayerTensors::any);
  const bool any_experts = std::ranges::any_of(found, &LayerTensors::experts);
  if (all_here && (any_experts || experts(config))) {
    told.where = "headers";
    for (const LayerTensors& layer : found) told.of_layer.emplace_back(layer.experts ? "moe" : "dense");
    return told;
  }
  if (!experts(config)) return {};
  if (const Found some = config.find({"moe_layers"}); some && some.value->is_array()) {
    const std::set<std::uint64_t> moe = places_in(some);
    told.where = some.where;
    for (std::uint64_t i = 0; i < layers; ++i) told.of_layer.emplace_back(moe.contains(i) ? "moe" : "dense");
    return told;
  }
  const auto dense_first =
      static_cast<std::uint64_t>(std::max(0.0, config.number({"first_k_dense_replace"}).value_or(0)));
  const auto step =
      config.count({"decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_freq", "expert_layer_period"})
          .value_or(1);
  const auto offset = config.number({"expert_layer_offset"});
  const std::uint64_t place = offset && *offset >= 0 ? static_cast<std::uint64_t>(*offset) : step - 1;
  const std::set<std::uint64_t> dense = places_in(config.find({"mlp_only_layers"}));
  told.where = "config";
  for (std::uint64_t i = 0; i < layers; ++i) {
    const bool moe = i >= dense_first && i % step == place % step && !dense.contains(i);
    told.of_layer.emplace_back(moe ? "moe" : "dense");
  }
  return told;
}

}  // namespace

LayerKinds layer_kinds(const ConfigView& config, const std::vector<TensorInfo>& tensors, const TensorKinds& kinds_of) {
  LayerKinds result;
  result.layers = config.layers();
  if (!result.layers) return result;
  const std::uint64_t layers = *result.layers;
  const std::vector<LayerTensors> found = tensors_by_layer(tensors, kinds_of, layers);
  Told told;
  for (const Rule rule : rules) {
    if (told.of_layer.size() < layers) told = rule(config, layers);
  }
  if (told.of_layer.size() < layers) told = by_tensors(found);
  if (told.of_layer.size() < layers) told = by_window(config, layers);
  result.of_layer = std::move(told.of_layer);
  result.where = std::move(told.where);
  result.counts = counted(result.of_layer);
  if (result.counts.size() > 1) result.pattern = pattern_of(result.of_layer);

  const Told mlps = mlps_of(config, found, layers);
  result.mlps = counted(mlps.of_layer);
  result.mlps_where = mlps.where;
  const bool slides = std::ranges::any_of(result.counts, [](const KindCount& kind) {
    return kind.name.find("sliding") != std::string::npos || kind.name.find("chunked") != std::string::npos ||
           kind.name.find("local") != std::string::npos;
  });
  if (slides) {
    const Keys keys{"sliding_window", "attention_chunk_size", "sliding_window_size", "attention_window_size",
                    "local_attention_window_len"};
    result.window = config.count(keys);
    if (result.window) result.window_where = config.find(keys).where;
  }
  return result;
}

std::optional<Experts> experts(const ConfigView& config) {
  const auto all = config.count({"num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"});
  if (!all || *all < 2) return std::nullopt;
  Experts result{*all, 0, 0};
  result.chosen =
      config.count({"num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_k", "top_k_experts"}).value_or(0);
  result.shared = config.count({"n_shared_experts", "num_shared_experts", "moe_num_shared_experts"}).value_or(0);
  return result;
}

}  // namespace portwright::inspect
