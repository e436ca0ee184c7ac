// The language model within a model of several modalities, as its config class names it.
#pragma once

#include <string>

#include "source/class_body.hpp"

namespace portwright::closest {

struct TextConfig {
  std::string config;      // "Gemma3TextConfig"; empty where only the type is named
  std::string model_type;  // "mistral"; empty where the class tells
};

// Both empty where the config has no text_config of its own.
[[nodiscard]] TextConfig text_config_of(source::SourceFiles& files, const source::Definition& config);

}  // namespace portwright::closest
