#include "harness/resume.hpp"

#include <doctest/doctest.h>

namespace portwright::harness {
namespace {

results::RunRecord run_of(const char* effort, const char* port) {
  results::RunRecord run;
  run.settings = {{"effort", effort}, {"seed", 0}, {"prompt_sha256", nullptr}};
  run.environment = {{"mlx_lm", "0.32.2"}, {"torch", "2.13.0"}};
  run.port = {{"sha256", port}};
  return run;
}

}  // namespace

TEST_CASE("a run goes on with what asked the same") {
  CHECK(same_question(run_of("quick", "aa"), run_of("quick", "aa")));
}

TEST_CASE("an edited port, another effort or another version inherits nothing") {
  CHECK_FALSE(same_question(run_of("quick", "aa"), run_of("quick", "bb")));
  CHECK_FALSE(same_question(run_of("quick", "aa"), run_of("full", "aa")));
  results::RunRecord upgraded = run_of("quick", "aa");
  upgraded.environment["mlx_lm"] = "0.32.3";
  const Status status = same_question(run_of("quick", "aa"), upgraded);
  REQUIRE_FALSE(status);
  CHECK(status.error().fault == Fault::input);
}

TEST_CASE("what broke is measured again, and another variant's checks are not taken") {
  results::RunRecord earlier;
  for (const auto& [id, variant, verdict] :
       {std::tuple{"load", "a", results::Verdict::pass}, std::tuple{"dtype", "a", results::Verdict::error},
        std::tuple{"tokens", "b", results::Verdict::pass}}) {
    results::CheckRecord record;
    record.id = id;
    record.variant = variant;
    record.verdict = verdict;
    earlier.checks.push_back(record);
  }
  const auto records = taken_over(earlier, "a");
  CHECK(records.size() == 1);
  CHECK(records.contains("load"));
}

}  // namespace portwright::harness
