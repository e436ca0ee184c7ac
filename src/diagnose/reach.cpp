#include "diagnose/reach.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace portwright::diagnose {
namespace {

bool is_below(std::string_view path, std::string_view part) {
  return path.size() > part.size() && path.starts_with(part) && path[part.size()] == '.';
}

// "a.b.c": "c", "b.c", "a.b.c".
std::vector<std::string> endings(std::string_view name) {
  std::vector<std::string> found;
  for (std::size_t dot = name.rfind('.'); dot != std::string_view::npos && dot > 0; dot = name.rfind('.', dot - 1)) {
    found.emplace_back(name.substr(dot + 1));
  }
  found.emplace_back(name);
  return found;
}

}  // namespace

std::vector<std::string> parts_not_reached(const std::vector<std::string>& modules, const std::vector<Call>& calls) {
  std::set<std::string> reached;
  for (const Call& call : calls) {
    std::string path = module_of(call.path);
    while (reached.insert(path).second && path.find('.') != std::string::npos) path.resize(path.rfind('.'));
  }
  std::set<std::string> with_children;
  for (const std::string& module : modules) {
    if (const std::size_t dot = module.rfind('.'); dot != std::string::npos)
      with_children.insert(module.substr(0, dot));
  }
  std::vector<std::string> parts;
  for (const std::string& module : modules) {
    if (module == root_path || reached.contains(module) || !with_children.contains(module)) continue;
    const auto covers = [&](const std::string& part) { return is_below(module, part); };
    if (std::ranges::none_of(parts, covers)) parts.push_back(module);
  }
  return parts;
}

std::vector<std::string> stored_in(const std::vector<std::string>& parts, const std::vector<std::string>& stored,
                                   const std::vector<std::string>& parameters) {
  std::map<std::string, std::vector<std::string>> by_ending;
  for (const std::string& parameter : parameters) {
    for (std::string& ending : endings(parameter)) by_ending[std::move(ending)].push_back(parameter);
  }
  const auto in_a_part = [&](const std::string& parameter) {
    return std::ranges::any_of(parts, [&](const std::string& part) { return is_below(parameter, part); });
  };
  std::vector<std::string> found;
  for (const std::string& name : stored) {
    const std::vector<std::string>* longest = nullptr;
    for (const std::string& ending : endings(name)) {
      const auto known = by_ending.find(ending);
      if (known != by_ending.end()) longest = &known->second;
    }
    if (longest != nullptr && std::ranges::all_of(*longest, in_a_part)) found.push_back(name);
  }
  return found;
}

}  // namespace portwright::diagnose
