#include "cli/suggestion.hpp"

#include <doctest/doctest.h>

namespace portwright::cli {
namespace {

TEST_CASE("the sentence falls back where nothing is near") {
  CHECK(suggestion("--efort", {"--effort"}, "see --help") == "did you mean '--effort'?");
  CHECK(suggestion("--colour", {"--effort"}, "see --help") == "see --help");
}

}  // namespace
}  // namespace portwright::cli
