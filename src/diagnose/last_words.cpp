#include "diagnose/last_words.hpp"

#include <algorithm>

namespace portwright::diagnose {

std::size_t last_words_shared(std::string_view a, std::string_view b) {
  const auto [in_a, in_b] = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  const auto shared = static_cast<std::size_t>(std::count(a.rbegin(), in_a, '.'));
  const bool word_ends_in_a = in_a == a.rend() || *in_a == '.';
  const bool word_ends_in_b = in_b == b.rend() || *in_b == '.';
  return shared + (in_a != a.rbegin() && word_ends_in_a && word_ends_in_b ? 1U : 0U);
}

}  // namespace portwright::diagnose
