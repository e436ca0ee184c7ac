// Names of one thing in two places, a file and a model, that may begin otherwise and end alike.
#pragma once

#include <cstddef>
#include <string_view>

namespace portwright::diagnose {

// How many of their last words, the pieces between dots, are the same: 2 for "h.0.norm" and "model.layers.0.norm".
[[nodiscard]] std::size_t last_words_shared(std::string_view a, std::string_view b);

}  // namespace portwright::diagnose
