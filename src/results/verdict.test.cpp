#include "results/verdict.hpp"

#include <doctest/doctest.h>

namespace portwright::results {

TEST_CASE("every verdict has a name that leads back to it") {
  for (const Verdict verdict :
       {Verdict::pass, Verdict::fail, Verdict::inconclusive, Verdict::not_compared, Verdict::error}) {
    CHECK(verdict_named(name(verdict)) == verdict);
  }
  CHECK(name(Verdict::not_compared) == "not_compared");
}

TEST_CASE("a word that is no verdict is none") {
  CHECK_FALSE(verdict_named("passed"));
  CHECK_FALSE(verdict_named("not compared"));
  CHECK_FALSE(verdict_named(""));
}

}  // namespace portwright::results
