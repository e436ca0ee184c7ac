#include "cli/suggestion.hpp"

#include <fmt/format.h>

#include "base/nearest.hpp"

namespace portwright::cli {

std::string suggestion(std::string_view typed, const std::vector<std::string>& known, std::string otherwise) {
  if (const auto meant = nearest(typed, known)) return fmt::format("did you mean '{}'?", *meant);
  return otherwise;
}

}  // namespace portwright::cli
