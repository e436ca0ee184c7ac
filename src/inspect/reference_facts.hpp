// What the reference's source says of a model type, read as text: defaults of its config class, and which tensors of a
// checkpoint its loading passes over.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "inspect/config_view.hpp"

namespace portwright::inspect {

// A regular expression of Python that is searched for in tensor names, and the line that holds it.
struct NamePattern {
  std::string text;
  std::string line;  // "modeling_gpt_neox.py:290"
};

struct ReferenceFacts {
  std::string absent;      // why nothing is known; empty where something is
  std::string class_name;  // of the model: the one config.json names, where the file has it
  std::string file;        // "modeling_llama.py"
  ClassDefaults text;      // of the config class of the text part
  ClassDefaults whole;     // of the config around it; empty where they are the same

  std::vector<NamePattern> ignored;         // _keys_to_ignore_on_load_unexpected
  std::vector<NamePattern> may_be_missing;  // _keys_to_ignore_on_load_missing
  std::vector<std::string> computed;        // lines that add to them by code, which text alone does not tell
  Json tied = Json::object();               // _tied_weights_keys: parameter to the one it is tied to
};

// transformers: the package's folder; empty: there is none.
[[nodiscard]] ReferenceFacts reference_facts(const std::filesystem::path& transformers, const Json& config);

}  // namespace portwright::inspect
