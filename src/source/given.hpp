// What a function gives to names and to attributes.
#pragma once

#include <vector>

#include "source/syntax.hpp"

namespace portwright::source {

struct Given {
  Node target;
  Node value;
  bool appended = false;  // an element of a list that grows, not the list
};

struct FunctionGives {
  std::vector<Given> given;   // in the order of the text
  std::vector<Given> looped;  // each element of the value in turn, by a loop or a comprehension
};

// In one walk: whoever asks after one name asks after others. Empty for no function.
[[nodiscard]] FunctionGives given_in(const Node& function);

}  // namespace portwright::source
