// What a checkpoint is: one value, made of its small files, its headers and the reference's source by functions that
// ask nobody.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "checkpoint/checkpoint.hpp"
#include "inspect/ignored_tensors.hpp"
#include "inspect/layer_kinds.hpp"
#include "inspect/memory_needed.hpp"
#include "inspect/parameters_by_kind.hpp"
#include "inspect/quantization.hpp"
#include "inspect/reference_facts.hpp"
#include "inspect/rope_words.hpp"
#include "inspect/specials.hpp"
#include "inspect/stored_model.hpp"
#include "inspect/template_features.hpp"
#include "inspect/tying.hpp"

namespace portwright::inspect {

// A size of the architecture: "hidden", "layers", with the key it was read from.
struct Size {
  std::string name;
  std::uint64_t value = 0;
  std::string where;
};

struct Inspection {
  std::string model;  // as typed
  std::string place;  // folder, or org/name
  std::string revision;
  bool remote = false;

  std::string model_type;    // empty: config.json names none
  std::string class_name;    // architectures[0]; empty: none
  std::string text_place;    // "config", "config.text_config"
  std::string text_type;     // model_type of the text part, where it is another
  std::string reference;     // "Qwen3MoeForCausalLM in modeling_qwen3_moe.py"; empty: not found
  std::string no_reference;  // why; empty where there is one

  std::vector<Size> sizes;
  std::optional<ParametersByKind> parameters;  // nothing without weights
  std::optional<Experts> experts;
  std::optional<std::uint64_t> active;  // parameters that a token meets, where there are experts
  std::vector<StoredDtype> dtypes;
  std::optional<checkpoint::ExpectedDtype> dtype;  // nothing where neither config nor headers tell
  Tying tying;
  std::optional<Quantization> quantization;
  std::vector<IgnoredGroup> ignored;
  std::vector<std::string> ignored_by_code;  // lines of the reference that pass over more, which text does not tell
  std::vector<NamePattern> may_be_missing;
  LayerKinds layers;
  Context context;
  std::vector<Rope> ropes;
  Specials specials;
  TemplateFeatures chat_template;
  MemoryNeeded memory;

  std::vector<Shard> shards;
  std::vector<std::string> missing_shards;
  std::uint64_t tensors = 0;
  std::uint64_t tensors_elsewhere = 0;
  std::uint64_t index_bytes = 0;
  std::uint64_t weight_bytes = 0;
  std::uint64_t other_bytes = 0;
  std::vector<std::string> other_weights;

  std::vector<std::string> notes;  // what does not agree or is missing, a sentence each
};

// `model.head` should hold the comparison of bytes, where there was one.
[[nodiscard]] Inspection inspect(const std::string& name, const StoredModel& model, const ReferenceFacts& facts);

[[nodiscard]] Json to_json(const Inspection& inspection);
// One screen. `width`: columns of the terminal.
[[nodiscard]] std::string inspection_text(const Inspection& inspection, int width);

}  // namespace portwright::inspect
