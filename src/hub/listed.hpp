// What the Hub lists for a question: the models, and whose they are.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "hub/facts.hpp"
#include "hub/publishers.hpp"
#include "probe/workers.hpp"

namespace portwright::hub {

struct Listed {
  std::string model_type;
  std::string owner;  // that the question is about; empty: all
  std::vector<Facts> models;
  bool more = false;
  bool offline = false;
  std::vector<std::string> notes;

  [[nodiscard]] Publishers publishers() const { return {models, owner}; }
};

// `asked`: a model type, or ORG/NAME. A repository that was made from another owner's leads to that owner. An input
// error where there is no such type or repository.
[[nodiscard]] Result<Listed> list_models(const std::string& asked, std::uint64_t limit, probe::Workers& workers,
                                         const std::function<void(const std::string&)>& tell);

}  // namespace portwright::hub
