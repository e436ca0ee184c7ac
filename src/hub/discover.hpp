// The variants of a model type on the Hub: which are its own, what each is, and which few exercise every code path.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "hub/facts.hpp"
#include "hub/role.hpp"
#include "hub/set_aside.hpp"
#include "probe/workers.hpp"

namespace portwright::hub {

struct DiscoverSettings {
  std::string asked;          // a model type, or ORG/NAME for its owner's repositories of its type
  std::uint64_t limit = 500;  // repositories that are listed, the most downloaded first
};

struct Variant {
  Examined model;
  Role role;
  std::string dtype;         // empty where nothing says
  std::string dtype_source;  // "config.json" or "safetensors metadata"
  std::string config;        // the letter of its config; empty where that could not be read
  std::string config_from;   // the mirror whose config stands for one that could not be read; else empty
};

// Variants that a port cannot tell apart: equal configs but for what switches no code.
struct ConfigGroup {
  std::string id;                     // "A", "B", …, "AA"
  std::vector<std::size_t> variants;  // indices into Discovery::variants
  std::vector<std::string> differs;   // the features that not all configs share
};

struct Suggested {
  std::size_t variant = 0;           // index
  std::vector<std::string> because;  // features that no other suggested one has; empty where it stands for all alike
};

struct Discovery {
  std::string asked;
  std::string model_type;
  bool offline = false;  // only the cache was asked
  bool more = false;     // the Hub has more than were listed
  std::uint64_t listed = 0;
  std::vector<Variant> variants;     // by config, smaller ones first
  std::vector<ConfigGroup> configs;  // in that order
  std::vector<SetAside> set_aside;   // by kind
  std::vector<Suggested> suggested;  // a smallest set of variants that together have every feature
  bool smallest = false;             // proved to be so
  std::vector<std::string> notes;    // what a reader must know besides
};

// `tell` is called with what is being done.
[[nodiscard]] Result<Discovery> discover(const DiscoverSettings& settings, probe::Workers& workers,
                                         const std::function<void(const std::string&)>& tell);

}  // namespace portwright::hub
