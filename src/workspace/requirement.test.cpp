#include "workspace/requirement.hpp"

#include <doctest/doctest.h>

namespace portwright::workspace {
namespace {

std::optional<bool> takes(const char* text, const char* version) {
  const auto requirement = parse_requirement(text);
  REQUIRE(requirement.has_value());
  return requirement->satisfied_by(version);
}

TEST_CASE("names, bounds and markers come apart") {
  const auto requirement = parse_requirement("MLX_Metal[x] (>=0.32, <1) ; platform_system == \"Darwin\"");
  REQUIRE(requirement.has_value());
  CHECK(requirement->name == "mlx-metal");
  CHECK(requirement->bounds == std::vector<std::string>{">=0.32", "<1"});
  CHECK(requirement->marker == "platform_system == \"Darwin\"");
  CHECK(parse_requirement("numpy")->bounds.empty());
  CHECK(parse_requirement("fla @ https://example.org/fla.whl")->bounds.empty());
  CHECK_FALSE(parse_requirement("").has_value());
  CHECK_FALSE(parse_requirement(">=1").has_value());
  CHECK(parse_requirement("a[")->name == "a");
}

TEST_CASE("a version is inside or outside its bounds") {
  CHECK(takes("tokenizers<0.24.0,>=0.23.1", "0.23.3") == true);
  CHECK(takes("tokenizers<0.24.0,>=0.23.1", "0.24") == false);
  CHECK(takes("tokenizers<0.24.0,>=0.23.1", "0.9") == false);
  CHECK(takes("torch==2.13.0", "2.13+cpu") == true);
  CHECK(takes("torch!=2.13.*", "2.13.1") == false);
  CHECK(takes("torch==2.*", "2.13.1") == true);
  CHECK(takes("numpy~=2.4", "2.9.1") == true);
  CHECK(takes("numpy~=2.4.1", "2.5") == false);
  CHECK(takes("numpy>2", "2.0.0") == false);
  CHECK(takes("numpy<=2", "2.0.0") == true);
  CHECK(takes("numpy", "1") == true);
}

TEST_CASE("nothing is said where it cannot be told") {
  CHECK_FALSE(takes("numpy>=2", "2.0rc1").has_value());
  CHECK_FALSE(takes("numpy===2", "2").value_or(false));
  CHECK_FALSE(takes("numpy>=2.0rc1", "2").has_value());
  CHECK_FALSE(takes("numpy 2", "2").has_value());
}

}  // namespace
}  // namespace portwright::workspace
