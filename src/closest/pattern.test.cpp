#include "closest/pattern.hpp"

#include <doctest/doctest.h>

namespace portwright::closest {
namespace {

TEST_CASE("a star stands for any text, a bar between alternatives") {
  CHECK(matches("q_proj", "k_proj|q_proj"));
  CHECK(matches("Qwen3NextGatedDeltaNet", "*GatedDelta*"));
  CHECK(matches("self.config", "config|*.config"));
  CHECK(matches("aab", "*ab"));
  CHECK_FALSE(matches("q_proj_b", "q_proj"));
  CHECK_FALSE(matches("config_class", "*.config"));
  CHECK_FALSE(matches("", "q_proj"));
}

TEST_CASE("the parts of a pattern") {
  CHECK(alternatives("a|b*").size() == 2);
  CHECK(last_part("llama.Attention") == "Attention");
  CHECK(last_part("Attention") == "Attention");
}

}  // namespace
}  // namespace portwright::closest
