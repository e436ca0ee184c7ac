#include "hub/publishers.hpp"

#include <algorithm>
#include <tuple>

namespace portwright::hub {

Publishers::Publishers(const std::vector<Facts>& models, const std::string& named) {
  for (const Facts& model : models) {
    for (const std::string& base : model.bases) {
      // A base of a type of its own (a distilled model's student) is in no list of this type.
      const bool listed = std::ranges::find(models, base, &Facts::repo) != models.end();
      if (listed && owner_of(base) != model.author) ++built_on_[owner_of(base)];
    }
  }
  if (built_on_.empty() && named.empty() && !models.empty()) {
    const auto most = std::ranges::max_element(
        models, {}, [](const Facts& model) { return model.bases.empty() ? model.downloads.value_or(0) + 1 : 0; });
    built_on_[most->author] = 0;
  }
  if (!named.empty()) built_on_.try_emplace(named, 0);
}

bool Publishers::contains(const std::string& owner) const { return built_on_.contains(owner); }

std::uint64_t Publishers::built_on(const std::string& owner) const {
  const auto found = built_on_.find(owner);
  return found == built_on_.end() ? 0 : found->second;
}

std::vector<std::string> Publishers::owners() const {
  std::vector<std::string> names;
  names.reserve(built_on_.size());
  for (const auto& [name, count] : built_on_) names.push_back(name);
  std::ranges::sort(names, {}, [this](const std::string& name) { return std::tuple(~built_on_.at(name), name); });
  return names;
}

}  // namespace portwright::hub
