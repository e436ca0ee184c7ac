// The ports that mlx-lm has, and which of them rest on which.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace portwright::closest {

struct Port {
  std::string name;  // "olmo2"
  std::filesystem::path file;
  std::set<std::string> imports;  // other ports, at any depth
};

struct Ports {
  std::vector<Port> all;                         // by name
  std::map<std::string, std::string> remapping;  // MODEL_REMAPPING: model type to port
};

// mlx_lm: the package's folder.
[[nodiscard]] Result<Ports> read_ports(const std::filesystem::path& mlx_lm);

}  // namespace portwright::closest
