// What a rule means in a few lines: documents show it and tests hold the rule to it.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace portwright::lint {

struct Example {
  std::string_view rule;
  std::string_view wrong;  // the smallest source with the fault; § stands before the place that is named
  std::string_view right;  // the nearest without it
};

// Null for rules that need more than one file to be seen.
[[nodiscard]] const Example* example_of(std::string_view rule);

// Without the §.
[[nodiscard]] std::string plain(std::string_view example);

// What `example_of` looks through, by the family of the rules.
[[nodiscard]] std::span<const Example> examples_of_files();
[[nodiscard]] std::span<const Example> examples_of_models();
[[nodiscard]] std::span<const Example> examples_of_layers();
[[nodiscard]] std::span<const Example> examples_of_numbers();

}  // namespace portwright::lint
