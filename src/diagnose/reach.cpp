#include "diagnose/reach.hpp"

#include <algorithm>
#include <set>

#include "diagnose/last_words.hpp"

namespace portwright::diagnose {
namespace {

bool is_below(std::string_view path, std::string_view part) {
  return path.size() > part.size() && path.starts_with(part) && path[part.size()] == '.';
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
  const auto in_a_part = [&](const std::string& parameter) {
    return std::ranges::any_of(parts, [&](const std::string& part) { return is_below(parameter, part); });
  };
  std::vector<std::string> found;
  for (const std::string& name : stored) {
    std::size_t most = 0;
    bool in_parts = false;
    for (const std::string& parameter : parameters) {
      const std::size_t shared = last_words_shared(name, parameter);
      if (shared == 0 || shared < most) continue;
      in_parts = in_a_part(parameter) && (in_parts || shared > most);
      most = shared;
    }
    if (in_parts) found.push_back(name);
  }
  return found;
}

}  // namespace portwright::diagnose
