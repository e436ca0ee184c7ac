#include "inspect/inspection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "checkpoint/expected_dtype.hpp"

namespace portwright::inspect {
namespace {

struct NamedSize {
  std::string_view name;
  Keys keys;
};

std::vector<Size> sizes_of(const ConfigView& config) {
  const std::array<NamedSize, 11> table{{{"layers", {"num_hidden_layers", "n_layer", "n_layers", "num_layers"}},
                                         {"hidden", {"hidden_size", "n_embd", "d_model"}},
                                         {"heads", {"num_attention_heads", "n_head", "n_heads", "num_heads"}},
                                         {"key-value heads", {"num_key_value_heads", "num_kv_heads", "n_head_kv"}},
                                         {"head", {"head_dim", "attention_head_dim"}},
                                         {"latent of keys and values", {"kv_lora_rank"}},
                                         {"mlp", {"intermediate_size", "n_inner", "ffn_dim"}},
                                         {"experts", {"num_local_experts", "num_experts", "n_routed_experts"}},
                                         {"expert mlp", {"moe_intermediate_size"}},
                                         {"state", {"ssm_state_size", "mamba_d_state", "state_size"}},
                                         {"vocabulary", {"vocab_size"}}}};
  std::vector<Size> sizes;
  for (const NamedSize& size : table) {
    const auto value = config.count(size.keys);
    if (value) sizes.push_back({std::string(size.name), *value, config.find(size.keys).where});
  }
  return sizes;
}

// Of the routed experts a token meets its share, of all else everything.
std::optional<std::uint64_t> active_of(const std::optional<Experts>& experts, const ParametersByKind& parameters) {
  if (!experts || experts->chosen == 0 || experts->chosen > experts->all) return std::nullopt;
  const std::uint64_t routed = parameters[Kind::experts];
  if (routed == 0) return std::nullopt;
  const double share = static_cast<double>(experts->chosen) / static_cast<double>(experts->all);
  return parameters.text() - routed + static_cast<std::uint64_t>(static_cast<double>(routed) * share);
}

void note_place(const StoredModel& model, const ConfigView& config, const ReferenceFacts& facts, Inspection& result) {
  result.place = model.place;
  result.revision = model.revision;
  result.remote = model.remote;
  result.model_type = string_member(model.config, "model_type");
  const Json* names = member(model.config, "architectures");
  if (names != nullptr && names->is_array() && !names->empty() && names->front().is_string()) {
    result.class_name = names->front().get<std::string>();
  }
  result.text_place = config.text().path;
  if (config.text().is_nested()) result.text_type = string_member(*config.text().config, "model_type");
  if (!facts.class_name.empty()) result.reference = facts.class_name + " in " + facts.file;
  result.no_reference = facts.absent;
}

void note_files(const StoredModel& model, Inspection& result) {
  result.shards = model.shards;
  result.missing_shards = model.missing_shards();
  result.tensors = model.tensors.size();
  result.tensors_elsewhere = model.tensors_elsewhere;
  result.index_bytes = model.index_bytes;
  result.weight_bytes = model.shard_bytes();
  result.other_bytes = model.other_bytes;
  result.other_weights = model.other_weights;
}

std::string note_of_missing(const Inspection& result) {
  constexpr std::size_t most = 3;
  std::string names;
  for (std::size_t i = 0; i < result.missing_shards.size() && i < most; ++i) {
    names += (i == 0 ? "" : ", ") + result.missing_shards[i];
  }
  if (result.missing_shards.size() > most) names += fmt::format(" and {} more", result.missing_shards.size() - most);
  return fmt::format("{} of {} shards are missing, with {} tensors: {}; what is told of weights is of the others",
                     result.missing_shards.size(), result.shards.size(), result.tensors_elsewhere, names);
}

void add_note(std::string text, Inspection& result) {
  if (!text.empty()) result.notes.push_back(std::move(text));
}

void add_notes(const StoredModel& model, const ReferenceFacts& facts, Inspection& result) {
  if (model.cache_only && model.remote) {
    add_note("told from the cache alone: files that were never fetched are not known", result);
  }
  if (!result.missing_shards.empty()) add_note(note_of_missing(result), result);
  if (result.shards.empty() && !result.other_weights.empty()) {
    add_note(fmt::format("weights are in {} files, which are not read: convert them to safetensors",
                         result.other_weights.front()),
             result);
  }
  add_note(result.tying.contradiction, result);
  if (result.quantization) add_note(result.quantization->contradiction, result);
  add_note(result.specials.disagreement, result);
  if (!facts.absent.empty()) {
    add_note("what a config leaves out and which tensors the reference ignores is not told: " + facts.absent, result);
  }
  if (!result.ignored_by_code.empty()) {
    add_note(
        "the reference ignores further tensors by code, which text does not tell: " + result.ignored_by_code.front(),
        result);
  }
}

}  // namespace

Inspection inspect(const std::string& name, const StoredModel& model, const ReferenceFacts& facts) {
  const ConfigView config(model.config, facts.text, facts.whole);
  const TensorKinds kinds_of(model.tensors, config.layers().value_or(0));
  Inspection result;
  result.model = name;
  note_place(model, config, facts, result);
  note_files(model, result);

  result.sizes = sizes_of(config);
  result.quantization = quantization(config, model.tensors);
  result.experts = experts(config);
  if (!model.tensors.empty()) {
    result.parameters = parameters_by_kind(model.tensors, kinds_of, result.quantization);
    result.active = active_of(result.experts, *result.parameters);
    result.dtypes = stored_dtypes(model.tensors);
  }
  if (auto dtype = checkpoint::expected_dtype(model.config, model.tensors)) result.dtype = std::move(*dtype);
  const HeadPlaces places = head_places(model, kinds_of);
  result.tying = tying(config, model, places);
  IgnoredTensors ignored = ignored_tensors(model.tensors, kinds_of, facts);
  result.ignored = std::move(ignored.groups);
  result.ignored_by_code = facts.computed;
  result.may_be_missing = facts.may_be_missing;
  result.layers = layer_kinds(config, model.tensors, kinds_of);
  result.context = context_length(config, model.tokenizer_config);
  result.ropes = rope_words(config);
  result.specials = specials(config, model);
  result.chat_template = template_features(model.chat_template, model.template_where);
  const bool drops_head = result.tying.tied().value_or(false);
  const UsedTensors used{model.tensors, ignored.is_ignored, drops_head ? places.head : std::nullopt};
  result.memory = memory_needed(config, used, result.quantization, result.layers);
  add_notes(model, facts, result);
  return result;
}

}  // namespace portwright::inspect
