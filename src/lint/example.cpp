#include "lint/example.hpp"

#include <algorithm>

namespace portwright::lint {

const Example* example_of(std::string_view rule) {
  for (const auto examples : {examples_of_files(), examples_of_models(), examples_of_layers(), examples_of_numbers()}) {
    const auto found = std::ranges::find(examples, rule, &Example::rule);
    if (found != examples.end()) return &*found;
  }
  return nullptr;
}

std::string plain(std::string_view example) {
  constexpr std::string_view mark = "§";
  std::string text(example);
  if (const std::size_t at = text.find(mark); at != std::string::npos) text.erase(at, mark.size());
  return text;
}

}  // namespace portwright::lint
