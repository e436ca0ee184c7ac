#include "workspace/tested_set.hpp"

#include <doctest/doctest.h>

namespace portwright::workspace {
namespace {

TEST_CASE("names take their versions from the constraints, comments and markers aside") {
  const auto set = tested_set("# measured\nmlx_lm\ntorch\n",
                              "torch==2.13.0\n\nMLX-LM == 0.32.2 # why\nmlx-cpu==0.32.4; sys_platform == 'linux'\n");
  REQUIRE(set.has_value());
  REQUIRE(set->size() == 2);
  CHECK(set->at(0).name == "mlx-lm");
  CHECK(set->at(0).version == "0.32.2");
  CHECK(set->at(1).version == "2.13.0");
}

TEST_CASE("a name without a pin and a line that pins nothing are errors with their line") {
  const auto unpinned = tested_set("torch\nmlx\n", "torch==1\n");
  REQUIRE_FALSE(unpinned.has_value());
  CHECK(unpinned.error().sentence.find("measured.txt:2") != std::string::npos);
  const auto loose = tested_set("torch\n", "torch>=1\n");
  REQUIRE_FALSE(loose.has_value());
  CHECK(loose.error().sentence.find("constraints.txt:1") != std::string::npos);
}

TEST_CASE("missing, other and tested versions are told apart") {
  const std::vector<TestedPackage> tested{{"torch", "2.13.0"}, {"mlx", "0.32.4"}, {"numpy", "2.4.6"}};
  const auto findings = compare_with_tested(tested, {{"torch", "2.13.0+cpu"}, {"numpy", "2.4.5"}}, "py");
  REQUIRE(findings.size() == 3);
  CHECK(findings[0].level == Level::ok);
  CHECK(findings[1].level == Level::missing);
  CHECK(findings[1].remedy == "py -m pip install mlx==0.32.4");
  CHECK(findings[2].level == Level::warn);
  CHECK(findings[2].sentence == "2.4.5; tested with 2.4.6");
}

TEST_CASE("mlx without a backend is told, with one or without mlx not") {
  const auto finding = missing_mlx_backend({{"mlx", "0.32.4"}, {"mlx-lm", "0.32.2"}}, "py");
  REQUIRE(finding);
  CHECK(finding->level == Level::missing);
  CHECK(finding->remedy == "py -m pip install mlx-cpu==0.32.4");
  CHECK_FALSE(missing_mlx_backend({{"mlx", "0.32.4"}, {"mlx-cpu", "0.32.4"}}, "py"));
  CHECK_FALSE(missing_mlx_backend({{"mlx", "0.32.4"}, {"mlx-cuda-12", "0.32.4"}}, "py"));
  CHECK_FALSE(missing_mlx_backend({{"mlx-lm", "0.32.2"}}, "py"));
}

TEST_CASE("the repository's own files can be read") {
  const auto set = read_tested_set(std::filesystem::path(PORTWRIGHT_SOURCE_DIR) / "requirements");
  REQUIRE(set.has_value());
  CHECK(set->size() >= 4);
}

}  // namespace
}  // namespace portwright::workspace
