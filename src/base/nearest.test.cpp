#include "base/nearest.hpp"

#include <doctest/doctest.h>

namespace portwright {
namespace {

TEST_CASE("edit distance counts each kind of slip once") {
  CHECK(edit_distance("doctor", "doctor") == 0);
  CHECK(edit_distance("docter", "doctor") == 1);
  CHECK(edit_distance("dotcor", "doctor") == 1);
  CHECK(edit_distance("doctr", "doctor") == 1);
  CHECK(edit_distance("doctorr", "doctor") == 1);
  CHECK(edit_distance("", "test") == 4);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("a slip and an abbreviation find the word, another word finds none") {
  const std::vector<std::string> commands{"doctor", "synth", "test", "checks"};
  CHECK(nearest("tset", commands) == "test");
  CHECK(nearest("check", commands) == "checks");
  CHECK(nearest("doc", commands) == "doctor");
  CHECK_FALSE(nearest("publish", commands).has_value());
  CHECK_FALSE(nearest("t", commands).has_value());
}

TEST_CASE("dashes alone abbreviate nothing") { CHECK_FALSE(nearest("---", {"--effort", "--seed"}).has_value()); }

}  // namespace
}  // namespace portwright
