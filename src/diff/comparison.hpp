// Configs beside one another: the keys that differ, and for each the code of the reference that reads it and the branch
// that each value takes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "diff/port_report.hpp"
#include "diff/reference_code.hpp"
#include "diff/variant.hpp"

namespace portwright::diff {

// In the order in which they are shown.
enum class Group { rope, layers, multipliers, dtype, switches, others, unread };

struct Place {
  source::Line line;
  std::string code;
  std::string where;
};

// What a condition is for one config.
struct Taken {
  bool runs = true;  // false: this config's code has no such place, or does not come there
  source::Outcome outcome;
};

struct Decision {
  Place place;
  std::string then;
  std::string otherwise;
  std::vector<Taken> taken;  // by variant
};

// What a table gives for the value of each config; empty where it is not asked or has no such entry.
struct Picked {
  Place place;
  std::vector<std::string> entries;  // by variant
};

struct Row {
  std::string key;
  Group group = Group::others;
  std::vector<Setting> settings;  // by variant
  std::vector<Place> reads;
  std::vector<Decision> decisions;
  std::vector<Picked> picks;
};

struct Comparison {
  std::vector<Variant> variants;
  std::vector<ReferenceCode> references;
  std::size_t equal = 0;  // keys that all have alike
  std::vector<Row> rows;  // of the keys that differ, in the order of groups
  std::optional<PortReport> port;
};

struct NamedConfig {
  std::string name;
  Json config;
};

struct Settings {
  std::vector<NamedConfig> models;
  std::filesystem::path transformers;  // its package folder
  std::filesystem::path mlx_models;    // mlx-lm's folder of ports, for what a port imports; may be empty
  std::filesystem::path port;          // empty: none
};

[[nodiscard]] Result<Comparison> compare(const Settings& settings);

// Whether two configs have a key alike; a key that one does not know is like null.
[[nodiscard]] bool alike(const Setting& a, const Setting& b);

}  // namespace portwright::diff
