// Which files and classes of transformers a model type has, read from its own tables as text.
#pragma once

#include <string>

#include "base/error.hpp"
#include "source/source_files.hpp"

namespace portwright::source {

struct Reference {
  std::string model_type;
  Definition config;  // LlamaConfig
  Definition model;   // LlamaForCausalLM, else what there is: …ForConditionalGeneration, LlamaModel; may be nothing
  Definition base;    // LlamaModel, which other models build; may be nothing
};

// files: of transformers (SourceFiles::package). An input error where it knows no such type, with the nearest ones.
[[nodiscard]] Result<Reference> find_reference(SourceFiles& files, const std::string& model_type);

}  // namespace portwright::source
