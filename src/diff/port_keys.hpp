// What a port takes from a config: the fields of its dataclasses and what its code reads of them.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "source/config_class.hpp"
#include "source/config_reads.hpp"

namespace portwright::diff {

struct PortKey {
  source::Line line;
  bool is_field = false;
  bool is_read = false;
  bool required = false;
  bool in_object = false;        // below a field: "rope_scaling.factor"
  std::optional<Json> standard;  // the field's default
  bool is_filled = false;        // the port's __post_init__ gives the field a value
};

struct PortKeys {
  std::string args;                     // the class of its config
  std::map<std::string, PortKey> keys;  // by the port's own names, those of a config within it as a path
  std::set<std::string> levels;         // "" and the keys of configs within it: "text_config"

  [[nodiscard]] const PortKey* find(const std::string& key) const;
  // Whether its code reads a key of this name, or an object with it as a whole.
  [[nodiscard]] bool reads(const std::string& key) const;
};

// An input error where the file cannot be read as Python or has no class Model.
[[nodiscard]] Result<PortKeys> read_port_keys(const std::filesystem::path& file,
                                              const std::filesystem::path& mlx_models);

}  // namespace portwright::diff
