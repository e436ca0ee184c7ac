// Who declares whom as its base, as a tree: a type's own variants, and how many others were made from each.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "hub/discover.hpp"

namespace portwright::hub {

struct BaseNode {
  std::string repo;
  std::string relation;                          // to the node above; empty at a root
  bool variant = false;                          // one of the variants; else only named as a base
  std::map<std::string, std::uint64_t> derived;  // repositories that were set aside, by kind
  std::vector<BaseNode> children;
};

// Sorted by name. Bases that lead in a circle are cut where it closes.
[[nodiscard]] std::vector<BaseNode> base_tree(const Discovery& discovery);

}  // namespace portwright::hub
