// What a config class says: its keys with their defaults, other names for them, configs within it. The same for the
// config classes of transformers (annotated fields, or the parameters of an older __init__) and for the dataclass of a
// port.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "source/line.hpp"
#include "source/source_files.hpp"

namespace portwright::source {

// What a key is given when the config has none, or has null.
struct Computed {
  std::string expression;  // "self.hidden_size // self.num_attention_heads", on one line
  Line line;
};

struct ConfigField {
  std::string name;
  bool required = false;         // no default
  std::optional<Json> constant;  // the default; nothing where it is none or no constant
  std::string expression;        // the default as written; empty where required
  Line line;
  std::optional<Computed> computed;  // by __post_init__ or __init__; the first, where there are several
};

// An older key that is moved to where it lives now: `self.a["b"].setdefault("c", kwargs.pop("old", 1))`.
struct MovedKey {
  std::string from;               // "old"; "rope_scaling" where a whole dictionary is merged into another
  std::string to;                 // "a.b.c"
  std::optional<Json> otherwise;  // what it is where neither is set
  Line line;
};

struct ConfigClass {
  Definition definition;
  std::string name;                                             // "LlamaConfig"
  std::string model_type;                                       // "llama"; empty where the class names none
  std::vector<ConfigField> fields;                              // its own first, then those of its bases
  std::map<std::string, std::string, std::less<>> other_names;  // attribute_map: "num_experts" to "num_local_experts"
  // A key that holds another config: its class by name, "" where a model_type within it chooses; and that type's
  // default.
  struct Within {
    std::string class_name;
    std::string model_type;
  };
  std::map<std::string, Within, std::less<>> within;
  std::vector<MovedKey> moved;
  bool moves_rope_keys = true;  // as transformers' base class does: rope_theta and rope_scaling into rope_parameters
  std::vector<std::string> properties;                 // worked out when they are read
  std::map<std::string, Json, std::less<>> constants;  // of the class, without an annotation: default_theta

  [[nodiscard]] const ConfigField* field(std::string_view key) const;
};

// Through the bases that the files reach. What the base class of all configs of transformers holds is there too.
[[nodiscard]] ConfigClass read_config_class(SourceFiles& files, const Definition& type);

}  // namespace portwright::source
