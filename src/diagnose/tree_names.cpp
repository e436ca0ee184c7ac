#include "diagnose/tree_names.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace portwright::diagnose {
namespace {

std::string joined(const std::string& above, std::string_view name) {
  return above.empty() ? std::string(name) : above + "." + std::string(name);
}

std::set<std::string> children_of(const std::string& module, const std::vector<std::string>& modules) {
  const std::string below = module.empty() ? "" : module + ".";
  std::set<std::string> names;
  for (const std::string& path : modules) {
    if (path.size() <= below.size() || !path.starts_with(below)) continue;
    names.insert(path.substr(below.size(), path.find('.', below.size()) - below.size()));
  }
  return names;
}

std::vector<std::string> left_over(const std::set<std::string>& names, const std::set<std::string>& others) {
  std::vector<std::string> own;
  std::ranges::set_difference(names, others, std::back_inserter(own));
  return own;
}

}  // namespace

std::string name_in_reference(const std::string& path, const std::vector<std::string>& modules,
                              const std::vector<std::string>& reference) {
  std::string here;
  std::string there;
  while (here != path) {
    const std::set<std::string> theirs = children_of(there, reference);
    if (theirs.empty()) return there;
    const std::size_t begin = here.empty() ? 0 : here.size() + 1;
    const std::string name = path.substr(begin, path.find('.', begin) - begin);
    std::string called = name;
    if (!theirs.contains(name)) {
      const std::set<std::string> ours = children_of(here, modules);
      const std::vector<std::string> candidates = left_over(theirs, ours);
      if (candidates.empty()) return path;
      if (candidates.size() > 1 || left_over(ours, theirs).size() > 1) return there;
      called = candidates.front();
    }
    here = joined(here, name);
    there = joined(there, called);
  }
  return there;
}

}  // namespace portwright::diagnose
