#include "hub/base_tree.hpp"

#include <algorithm>
#include <set>

namespace portwright::hub {
namespace {

struct Declared {
  std::string base;
  std::string relation;
};

using Declarations = std::map<std::string, Declared>;  // by the repository that declares

BaseNode node_of(const std::string& repo, const Declarations& declarations, const Discovery& discovery,
                 std::set<std::string>& placed) {
  placed.insert(repo);
  BaseNode node{.repo = repo, .relation = {}, .variant = declarations.contains(repo), .derived = {}, .children = {}};
  for (const SetAside& one : discovery.set_aside) {
    if (one.of == repo) ++node.derived[one.kind];
  }
  for (const auto& [child, declared] : declarations) {
    if (declared.base != repo || placed.contains(child)) continue;
    node.children.push_back(node_of(child, declarations, discovery, placed));
    node.children.back().relation = declared.relation;
  }
  return node;
}

}  // namespace

std::vector<BaseNode> base_tree(const Discovery& discovery) {
  Declarations declarations;
  for (const Variant& variant : discovery.variants) {
    const Facts& facts = variant.model.facts;
    declarations[facts.repo] = {facts.bases.empty() ? "" : facts.bases.front(), facts.relation};
  }
  std::set<std::string> roots;
  for (const auto& [repo, declared] : declarations) {
    roots.insert(declared.base.empty() ? repo : declarations.contains(declared.base) ? "" : declared.base);
  }
  roots.erase("");
  std::vector<BaseNode> tree;
  std::set<std::string> placed;
  for (const std::string& root : roots) tree.push_back(node_of(root, declarations, discovery, placed));
  // What is left leads in a circle.
  for (const auto& [repo, declared] : declarations) {
    if (!placed.contains(repo)) tree.push_back(node_of(repo, declarations, discovery, placed));
  }
  return tree;
}

}  // namespace portwright::hub
