#include "inspect/inspection_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/amounts.hpp"

namespace portwright::inspect {
namespace {

constexpr const char* not_told = "not told";

void add(std::string& list, const std::string& item, const char* between = ", ") {
  if (!item.empty()) list += (list.empty() ? "" : between) + item;
}

std::string yes_or_no(bool value) { return value ? "yes" : "no"; }

std::string kinds_in_words(const std::vector<KindCount>& counts) {
  std::string text;
  for (const KindCount& kind : counts) add(text, fmt::format("{} {}", kind.layers, kind.name));
  return text;
}

std::string token_words(const SpecialToken& token) {
  std::string text = token.text.empty() ? "" : token.text;
  if (token.id) add(text, std::to_string(*token.id), " ");
  return text;
}

std::string of_shards(const Inspection& inspection) {
  return inspection.missing_shards.empty() ? "" : " in the shards that are here";
}

}  // namespace

std::string reference_words(const Inspection& inspection) {
  return inspection.reference.empty() ? not_told : inspection.reference;
}

std::string parameter_words(const Inspection& inspection) {
  if (!inspection.parameters) return "not told: no weights here";
  const ParametersByKind& parameters = *inspection.parameters;
  std::string kinds_text;
  for (std::size_t i = 0; i < kinds; ++i) {
    const auto kind = static_cast<Kind>(i);
    if (parameters[kind] > 0) add(kinds_text, fmt::format("{} {}", name(kind), count_text(parameters[kind])));
  }
  return fmt::format("{}{}: {}", count_text(parameters.all), of_shards(inspection), kinds_text);
}

std::string dtype_words(const Inspection& inspection) {
  std::string text = inspection.dtype ? fmt::format("{} ({})", inspection.dtype->name, inspection.dtype->source)
                                      : std::string(not_told);
  std::string stored;
  for (const StoredDtype& dtype : inspection.dtypes) {
    add(stored, fmt::format("{} {} tensors {}", dtype.name, dtype.tensors, bytes_text(dtype.bytes)));
  }
  add(text, stored.empty() ? "" : "stored: " + stored, "; ");
  return text;
}

std::string tying_words(const Inspection& inspection) {
  const Tying& tying = inspection.tying;
  const auto tied = tying.tied();
  std::string text = tied ? yes_or_no(*tied) : not_told;
  text += tying.by_config ? fmt::format(": {} by {}", *tying.by_config ? "tied" : "not tied", tying.config_where)
                          : ": config does not say";
  const std::string head = tying.head_name.empty() ? "a head" : tying.head_name;
  switch (tying.head) {
    case HeadTensor::untold:
      return text + "; tensors not told";
    case HeadTensor::absent:
      return text + "; no tensor of a head";
    case HeadTensor::equal:
      return text + fmt::format("; {} equals {} byte for byte", head, tying.embedding_name);
    case HeadTensor::different:
      return text + fmt::format("; {} differs from {}", head, tying.embedding_name);
    case HeadTensor::alike:
      return text + fmt::format("; {} equals {} in 3 samples, not all of it was read", head, tying.embedding_name);
    case HeadTensor::not_read:
      return text + fmt::format("; {} is there, its bytes were not read", head);
  }
  return text;
}

std::string quantization_words(const Inspection& inspection) {
  if (!inspection.quantization) return "none";
  const Quantization& quantized = *inspection.quantization;
  std::string text = quantized.method;
  add(text, quantized.blocks);
  for (const std::string& detail : quantized.details) add(text, detail);
  text += fmt::format(" ({})", quantized.where);
  if (quantized.tensors > 0) text += fmt::format("; {} packed or scaled tensors", quantized.tensors);
  if (!quantized.not_quantized.empty()) {
    text += fmt::format("; left as they are: {}", quantized.not_quantized.front());
    if (quantized.not_quantized.size() > 1) text += fmt::format(" and {} more", quantized.not_quantized.size() - 1);
  }
  return text;
}

std::string size_words(const Inspection& inspection) {
  std::string text;
  for (const Size& size : inspection.sizes) add(text, fmt::format("{} {}", size.name, size.value));
  return text.empty() ? not_told : text;
}

std::string layer_words(const Inspection& inspection) {
  const LayerKinds& layers = inspection.layers;
  if (!layers.layers) return not_told;
  std::string text = kinds_in_words(layers.counts);
  if (!layers.where.empty()) text += fmt::format(" ({})", layers.where);
  add(text, layers.pattern, ": ");
  if (layers.window) text += fmt::format("; window {} ({})", *layers.window, layers.window_where);
  return text;
}

std::string expert_words(const Inspection& inspection) {
  if (!inspection.experts) return "";
  const Experts& experts = *inspection.experts;
  std::string text = experts.chosen > 0 ? fmt::format("{} of {} a token", experts.chosen, experts.all)
                                        : fmt::format("{}, how many a token is not told", experts.all);
  if (experts.shared > 0) text += fmt::format(", {} shared", experts.shared);
  if (inspection.active) text += fmt::format("; {} parameters active", count_text(*inspection.active));
  if (!inspection.layers.mlps.empty()) {
    text += fmt::format("; layers: {} ({})", kinds_in_words(inspection.layers.mlps), inspection.layers.mlps_where);
  }
  return text;
}

std::string context_words(const Inspection& inspection) {
  const Context& context = inspection.context;
  std::string text = context.tokens ? fmt::format("{} tokens ({})", *context.tokens, context.where) : not_told;
  if (context.tokenizer) text += fmt::format("; the tokenizer says {}", *context.tokenizer);
  return text;
}

std::string rope_line(const Inspection& inspection) {
  if (inspection.ropes.empty()) {
    return inspection.no_reference.empty() ? "none: neither config nor the reference's class has a base" : not_told;
  }
  std::string text;
  for (const Rope& rope : inspection.ropes) {
    std::string one = rope.layers.empty() ? rope.sentence : rope.layers + ": " + rope.sentence;
    const std::string where = rope.where.empty() ? rope.theta_where : rope.where;
    if (!where.empty()) one += fmt::format(" ({})", where);
    add(text, one, "\n");
  }
  return text;
}

std::string tokenizer_words(const Inspection& inspection) {
  const Specials& specials = inspection.specials;
  std::string text = specials.tokenizer_class.empty() ? "class not told" : specials.tokenizer_class;
  if (specials.bos) text += "; bos " + token_words(*specials.bos);
  std::string ends;
  for (const SpecialToken& token : specials.eos) add(ends, token_words(token));
  if (!ends.empty()) text += "; eos " + ends;
  if (specials.eos.size() > 1) text += fmt::format(" ({})", specials.eos.front().where);
  if (specials.pad) text += "; pad " + token_words(*specials.pad);
  if (specials.files.empty()) text += "; no vocabulary here";
  return text;
}

std::string template_words(const Inspection& inspection) {
  const TemplateFeatures& features = inspection.chat_template;
  if (features.where.empty()) return "none";
  std::string text = fmt::format("tools {}, thinking {}", yes_or_no(features.tools), yes_or_no(features.thinking));
  if (features.thinking) text += fmt::format(" by {}", features.thinking_by);
  if (features.system) text += ", system messages";
  if (features.documents) text += ", documents";
  if (features.date) text += ", writes today's date";
  return text + fmt::format(" ({})", features.where);
}

std::string ignored_words(const Inspection& inspection) {
  std::string text;
  for (const IgnoredGroup& group : inspection.ignored) {
    std::string one = fmt::format("{} tensors {}: {}", group.tensors, bytes_text(group.bytes), group.reason);
    if (!group.where.empty()) one += fmt::format(" ({})", group.where);
    add(text, one, "\n");
  }
  if (!text.empty()) return text;
  return inspection.parameters ? "none" : not_told;
}

std::string memory_words(const Inspection& inspection) {
  const MemoryNeeded& memory = inspection.memory;
  if (memory.parameters == 0) return "not told: no weights here";
  return fmt::format("{} in bf16, {} in 8 bits, {} in 4 bits{}", bytes_text(memory.bf16_bytes),
                     bytes_text(memory.bytes_8bit), bytes_text(memory.bytes_4bit), of_shards(inspection));
}

std::string cache_words(const Inspection& inspection) {
  std::string text;
  for (const CacheNeeded& cache : inspection.memory.cache) {
    std::string one =
        fmt::format("{} per 1,000 tokens in {} {}", bytes_text(cache.bytes_per_1000_tokens), cache.layers, cache.kind);
    if (cache.window) one += fmt::format(", at most {} tokens", *cache.window);
    add(text, one, "; ");
  }
  const std::string& constant = inspection.memory.constant_state;
  add(text, constant.empty() ? "" : "the state of " + constant + " does not grow", "; ");
  return text.empty() ? not_told : text;
}

std::string disk_words(const Inspection& inspection) {
  std::string text;
  if (inspection.shards.empty()) {
    text = "no safetensors file";
  } else {
    const std::size_t here = inspection.shards.size() - inspection.missing_shards.size();
    text = fmt::format("{} in {} {}", bytes_text(inspection.weight_bytes), here, here == 1 ? "shard" : "shards");
    if (!inspection.missing_shards.empty()) text += fmt::format(" of {}", inspection.shards.size());
    if (!inspection.missing_shards.empty() && inspection.index_bytes > 0) {
      text += fmt::format(" (all: {} by the index)", bytes_text(inspection.index_bytes));
    }
  }
  return text + fmt::format(", {} of other files", bytes_text(inspection.other_bytes));
}

std::string special_words(const Inspection& inspection) {
  std::string text;
  if (inspection.text_place != "config") add(text, "text part of a larger model", " · ");
  const auto& mlps = inspection.layers.mlps;
  const bool has_experts = std::ranges::any_of(mlps, [](const KindCount& kind) { return kind.name == "moe"; });
  if (has_experts || (inspection.experts && mlps.empty())) add(text, "experts", " · ");
  if (inspection.quantization) add(text, "quantized: " + inspection.quantization->method, " · ");
  if (inspection.tying.tied().value_or(false)) add(text, "tied", " · ");
  if (inspection.layers.counts.size() > 1)
    add(text, fmt::format("{} kinds of layers", inspection.layers.counts.size()), " · ");
  if (inspection.layers.window) add(text, fmt::format("window {}", *inspection.layers.window), " · ");
  for (const Rope& rope : inspection.ropes) {
    if (rope.type != "default") add(text, rope.type == "none" ? "no rope" : "rope " + rope.type, " · ");
  }
  if (!inspection.ignored.empty()) add(text, "ignored tensors", " · ");
  if (inspection.specials.eos.size() > 1) add(text, fmt::format("{} eos", inspection.specials.eos.size()), " · ");
  if (!inspection.missing_shards.empty()) add(text, "shards missing", " · ");
  return text.empty() ? "nothing" : text;
}

}  // namespace portwright::inspect
