// What a port makes of the configs: the reference's keys that it ignores, its own keys that nobody sets, defaults that
// disagree.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "diff/reference_code.hpp"
#include "diff/variant.hpp"

namespace portwright::diff {

enum class PortFault {
  ignored,     // the reference's code reads the key, its value is no default, the port reads it nowhere
  misnamed,    // the port reads the key by a name that config.json does not use, and gets its own default
  missing,     // the port asks for a key that has no field, or that it requires and config.json lacks
  hard_wired,  // the reference reads it, the port does not: right while the value stays the reference's default
  unset,       // the port reads it, and neither the reference nor config.json knows it
  standard,    // both have a default, and the defaults disagree
  inert,       // the reference reads it, the port does not, and the value does nothing (null, false, empty, a factor 1)
};

struct PortFinding {
  PortFault fault = PortFault::inert;
  std::string key;                      // the reference's name; of the port's own keys the port's
  std::string port_key;                 // the port's name, where it is another
  std::optional<Json> reference_value;  // of the config, or the default
  std::optional<Json> port_value;       // the port's default
  std::string expression;               // where the reference works the value out
  std::optional<source::Line> reference_line;
  std::optional<source::Line> port_line;
  std::vector<std::string> models;  // those it holds for, by the user's names
  bool takes_effect = true;         // false: config.json sets the key in every model
  std::string note;
};

struct PortReport {
  std::filesystem::path file;
  std::string args;                   // "ModelArgs"; empty where the port names no class for its config
  std::vector<PortFinding> findings;  // by fault, in the order above
};

[[nodiscard]] Result<PortReport> read_port(const std::filesystem::path& file, const std::filesystem::path& mlx_models,
                                           const std::vector<Variant>& variants,
                                           const std::vector<ReferenceCode>& references);

}  // namespace portwright::diff
