// Whose repositories are a model type's own: the owners that others build on.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "hub/facts.hpp"

namespace portwright::hub {

class Publishers {
 public:
  // From a list of repositories of one type. `named`: an owner that the user asked for, who is one in any case.
  // Where no repository declares another owner's as its base, the owner of the most downloaded one is the publisher.
  Publishers(const std::vector<Facts>& models, const std::string& named);

  [[nodiscard]] bool contains(const std::string& owner) const;
  // Repositories of other owners that declare one of this owner's as their base.
  [[nodiscard]] std::uint64_t built_on(const std::string& owner) const;
  // Those of the type that others build on most, first.
  [[nodiscard]] std::vector<std::string> owners() const;

 private:
  std::map<std::string, std::uint64_t> built_on_;
};

}  // namespace portwright::hub
