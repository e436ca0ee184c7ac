#include "base/wildcard.hpp"

#include <doctest/doctest.h>

namespace portwright {

TEST_CASE("a star stands for any letters") {
  CHECK(matches_wildcard("syntax", "syntax"));
  CHECK(matches_wildcard("float32-norm", "float32-*"));
  CHECK(matches_wildcard("float32-norm", "*-norm"));
  CHECK(matches_wildcard("banana", "*a*a*"));
  CHECK(matches_wildcard("", "*"));
  CHECK(matches_wildcard("aab", "*ab"));
  CHECK_FALSE(matches_wildcard("written-norm", "float32-*"));
  CHECK_FALSE(matches_wildcard("syntaxes", "syntax"));
  CHECK_FALSE(matches_wildcard("syntax", ""));
}

}  // namespace portwright
