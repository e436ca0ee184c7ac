// to_json of an inspection: schemas/inspect.schema.json.
#include "inspect/inspection.hpp"

namespace portwright::inspect {
namespace {

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json counts_json(const std::vector<KindCount>& counts) {
  Json object = Json::object();
  for (const KindCount& kind : counts) object[kind.name] = kind.layers;
  return object;
}

Json parameters_json(const Inspection& inspection) {
  if (!inspection.parameters) return nullptr;
  Json by_kind = Json::object();
  for (std::size_t i = 0; i < kinds; ++i) {
    const auto kind = static_cast<Kind>(i);
    if ((*inspection.parameters)[kind] > 0) by_kind[std::string(name(kind))] = (*inspection.parameters)[kind];
  }
  return {{"all", inspection.parameters->all},
          {"text", inspection.parameters->text()},
          {"active", or_null(inspection.active)},
          {"by_kind", by_kind},
          {"bookkeeping_tensors", inspection.parameters->bookkeeping}};
}

Json dtype_json(const Inspection& inspection) {
  Json stored = Json::array();
  for (const StoredDtype& dtype : inspection.dtypes) {
    stored.push_back({{"dtype", dtype.name}, {"tensors", dtype.tensors}, {"bytes", dtype.bytes}});
  }
  return {{"name", inspection.dtype ? Json(inspection.dtype->name) : Json(nullptr)},
          {"source", inspection.dtype ? Json(inspection.dtype->source) : Json(nullptr)},
          {"stored", stored}};
}

Json tying_json(const Tying& tying) {
  return {{"tied", or_null(tying.tied())},
          {"by_config", or_null(tying.by_config)},
          {"config_source", or_null(tying.config_where)},
          {"head", name(tying.head)},
          {"head_tensor", or_null(tying.head_name)},
          {"embedding_tensor", or_null(tying.embedding_name)}};
}

Json quantization_json(const std::optional<Quantization>& quantized) {
  if (!quantized) return nullptr;
  return {{"method", quantized->method},      {"source", quantized->where},
          {"bits", or_null(quantized->bits)}, {"blocks", or_null(quantized->blocks)},
          {"details", quantized->details},    {"not_quantized", quantized->not_quantized},
          {"tensors", quantized->tensors}};
}

Json patterns_json(const std::vector<NamePattern>& patterns) {
  Json list = Json::array();
  for (const NamePattern& pattern : patterns) list.push_back({{"pattern", pattern.text}, {"line", pattern.line}});
  return list;
}

Json ignored_json(const Inspection& inspection) {
  Json groups = Json::array();
  for (const IgnoredGroup& group : inspection.ignored) {
    groups.push_back({{"reason", group.reason},
                      {"source", or_null(group.where)},
                      {"tensors", group.tensors},
                      {"bytes", group.bytes},
                      {"example", group.example}});
  }
  return {{"groups", groups},
          {"by_code", inspection.ignored_by_code},
          {"may_be_missing", patterns_json(inspection.may_be_missing)}};
}

Json layers_json(const LayerKinds& layers) {
  return {{"count", or_null(layers.layers)},
          {"kinds", counts_json(layers.counts)},
          {"source", or_null(layers.where)},
          {"pattern", or_null(layers.pattern)},
          {"of_layer", layers.of_layer},
          {"mlps", counts_json(layers.mlps)},
          {"mlps_source", or_null(layers.mlps_where)},
          {"window", or_null(layers.window)}};
}

Json ropes_json(const std::vector<Rope>& ropes) {
  Json list = Json::array();
  for (const Rope& rope : ropes) {
    list.push_back({{"layers", or_null(rope.layers)},
                    {"type", rope.type},
                    {"theta", or_null(rope.theta)},
                    {"theta_source", or_null(rope.theta_where)},
                    {"source", or_null(rope.where)},
                    {"sentence", rope.sentence}});
  }
  return list;
}

Json token_json(const SpecialToken& token) {
  return {{"id", or_null(token.id)}, {"text", or_null(token.text)}, {"source", token.where}};
}

Json tokenizer_json(const Specials& specials) {
  Json eos = Json::array();
  for (const SpecialToken& token : specials.eos) eos.push_back(token_json(token));
  return {{"class", or_null(specials.tokenizer_class)},
          {"files", specials.files},
          {"bos", specials.bos ? token_json(*specials.bos) : Json(nullptr)},
          {"eos", eos},
          {"pad", specials.pad ? token_json(*specials.pad) : Json(nullptr)},
          {"adds_bos", or_null(specials.adds_bos)}};
}

Json template_json(const TemplateFeatures& features) {
  if (features.where.empty()) return nullptr;
  return {{"source", features.where},      {"tools", features.tools},
          {"thinking", features.thinking}, {"thinking_by", or_null(features.thinking_by)},
          {"system", features.system},     {"documents", features.documents},
          {"date", features.date}};
}

Json memory_json(const MemoryNeeded& memory) {
  Json cache = Json::array();
  for (const CacheNeeded& one : memory.cache) {
    cache.push_back({{"kind", one.kind},
                     {"layers", one.layers},
                     {"bytes_per_1000_tokens", one.bytes_per_1000_tokens},
                     {"window", or_null(one.window)}});
  }
  Json weights = nullptr;
  if (memory.parameters > 0) {
    weights = {{"parameters", memory.parameters},
               {"quantizable", memory.quantizable},
               {"bf16_bytes", memory.bf16_bytes},
               {"8bit_bytes", memory.bytes_8bit},
               {"4bit_bytes", memory.bytes_4bit}};
  }
  return {{"weights", weights}, {"cache", cache}, {"constant_state", or_null(memory.constant_state)}};
}

Json disk_json(const Inspection& inspection) {
  return {{"shards", inspection.shards.size()},
          {"missing_shards", inspection.missing_shards},
          {"tensors", inspection.tensors},
          {"tensors_in_missing_shards", inspection.tensors_elsewhere},
          {"weight_bytes", inspection.weight_bytes},
          {"index_bytes", inspection.index_bytes == 0 ? Json(nullptr) : Json(inspection.index_bytes)},
          {"other_bytes", inspection.other_bytes},
          {"other_weights", inspection.other_weights}};
}

Json sizes_json(const std::vector<Size>& sizes) {
  Json object = Json::object();
  for (const Size& size : sizes) object[size.name] = {{"value", size.value}, {"source", size.where}};
  return object;
}

Json experts_json(const std::optional<Experts>& experts) {
  if (!experts) return nullptr;
  return {{"all", experts->all},
          {"chosen", experts->chosen == 0 ? Json(nullptr) : Json(experts->chosen)},
          {"shared", experts->shared}};
}

}  // namespace

Json to_json(const Inspection& inspection) {
  return {{"schema", "portwright.inspect/1"},
          {"model", inspection.model},
          {"place", inspection.place},
          {"revision", or_null(inspection.revision)},
          {"remote", inspection.remote},
          {"model_type", or_null(inspection.model_type)},
          {"class", or_null(inspection.class_name)},
          {"text_part", {{"place", inspection.text_place}, {"model_type", or_null(inspection.text_type)}}},
          {"reference", or_null(inspection.reference)},
          {"sizes", sizes_json(inspection.sizes)},
          {"parameters", parameters_json(inspection)},
          {"experts", experts_json(inspection.experts)},
          {"dtype", dtype_json(inspection)},
          {"tying", tying_json(inspection.tying)},
          {"quantization", quantization_json(inspection.quantization)},
          {"ignored", ignored_json(inspection)},
          {"layers", layers_json(inspection.layers)},
          {"context",
           {{"tokens", or_null(inspection.context.tokens)},
            {"source", or_null(inspection.context.where)},
            {"tokenizer", or_null(inspection.context.tokenizer)}}},
          {"rope", ropes_json(inspection.ropes)},
          {"tokenizer", tokenizer_json(inspection.specials)},
          {"template", template_json(inspection.chat_template)},
          {"memory", memory_json(inspection.memory)},
          {"disk", disk_json(inspection)},
          {"notes", inspection.notes}};
}

}  // namespace portwright::inspect
