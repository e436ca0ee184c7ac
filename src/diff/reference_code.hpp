// What transformers has for a config: its class, those of the configs within it, and the code that reads them.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "source/config_class.hpp"
#include "source/config_reads.hpp"

namespace portwright::diff {

// A config or one within it.
struct ConfigLevel {
  std::string key;  // "" for the config itself, "text_config"
  source::ConfigClass type;
};

struct ReferenceCode {
  std::string id;  // the model types of all levels: equal ids, equal code
  std::string model_type;
  std::vector<ConfigLevel> levels;
  source::ConfigCode code;

  // The field behind a key, and null where no class has one.
  [[nodiscard]] const source::ConfigField* field(const std::string& key) const;
};

// The model types of a config and of all within it, joined: what `read_reference` depends on.
[[nodiscard]] std::string reference_id(const Json& config);

// files: of transformers. An input error where it does not know the config's model_type.
[[nodiscard]] Result<ReferenceCode> read_reference(source::SourceFiles& files, const Json& config);

// Whether a key as code reads it ("layer_types.*", "rope_parameters.*.rope_type") means this key of a config. A `*` may
// also stand for nothing: parameters are nested by layer type, or not.
[[nodiscard]] bool means(const std::string& read, const std::string& key);

}  // namespace portwright::diff
