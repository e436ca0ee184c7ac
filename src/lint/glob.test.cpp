#include "lint/glob.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace portwright::lint {

TEST_CASE("rules are chosen by pattern and severity, and a pattern without a rule is a mistake") {
  const auto all = chosen_rules({}, {}, Severity::note);
  REQUIRE(all);
  CHECK(all->size() == rules().size());
  const auto some = chosen_rules({"float32-*"}, {"*-norm"}, Severity::error);
  REQUIRE(some);
  REQUIRE(some->size() == 1);
  CHECK(some->front()->id == "float32-constant");
  CHECK_FALSE(chosen_rules({"flaot*"}, {}, Severity::note));
  CHECK_FALSE(chosen_rules({}, {"no-rule"}, Severity::note));
}

}  // namespace portwright::lint
