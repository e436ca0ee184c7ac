#include "diagnose/precision.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

namespace portwright::diagnose {
namespace {

constexpr RhoBounds bounds{0.9, 1.1};

// Log rho of `tensors` tensors that scatters by `spread` from prompt to prompt. Prompts are hard for all alike, in
// part.
PrecisionKind simulated(std::uint64_t seed, std::size_t prompts, double spread, double rho_of_last = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0, spread);
  constexpr int tensors = 12;
  PrecisionKind kind;
  std::vector<double> shared(prompts);
  for (double& value : shared) value = normal(random) / 2;
  for (int i = 0; i < tensors; ++i) {
    LogRhos& values = kind.tensors["layers." + std::to_string(i) + ".mlp#0:out"];
    for (std::size_t prompt = 0; prompt < prompts; ++prompt) {
      values.push_back(shared[prompt] + normal(random) + (i == tensors - 1 ? std::log(rho_of_last) : 0));
    }
  }
  return kind;
}

bool is_outside(PrecisionLevel level) {
  return level == PrecisionLevel::loses_more || level == PrecisionLevel::too_accurate;
}

}  // namespace

TEST_CASE("correct ports are called wrong at most once in a hundred") {
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    if (is_outside(judge_precision(simulated(seed, 8, 0.2), bounds, seed).level)) ++alarms;
  }
  CHECK(alarms <= 10);
}

TEST_CASE("a tensor that loses twice as much is found, and named") {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const PrecisionFinding finding = judge_precision(simulated(seed, 8, 0.05, 2), bounds, seed);
    if (finding.level == PrecisionLevel::loses_more && finding.at == "layers.11.mlp#0:out") ++found;
  }
  CHECK(found >= 95);
}

TEST_CASE("a tensor that is too accurate is found") {
  const PrecisionFinding finding = judge_precision(simulated(3, 8, 0.05, 0.4), bounds, 3);
  CHECK(finding.level == PrecisionLevel::too_accurate);
  CHECK(finding.rho == doctest::Approx(0.4).epsilon(0.1));
  CHECK(finding.high < bounds.least / rho_margin);
}

TEST_CASE("what scatters little lies inside, what scatters much is undecided until there are more prompts") {
  CHECK(judge_precision(simulated(5, 8, 0.01), bounds, 5).level == PrecisionLevel::inside);
  CHECK(judge_precision(simulated(5, 8, 0.2), bounds, 5).level == PrecisionLevel::undecided);
  CHECK(judge_precision(simulated(5, 256, 0.1), bounds, 5).level == PrecisionLevel::inside);
}

TEST_CASE("fewer than eight prompts decide nothing") {
  CHECK(judge_precision(simulated(1, 7, 0.01, 5), bounds, 1).level == PrecisionLevel::undecided);
  CHECK(judge_precision({}, bounds, 1).level == PrecisionLevel::undecided);
}

TEST_CASE("the same bits on both sides need no scatter") {
  PrecisionKind kind;
  kind.tensors["norm#0:out"] = LogRhos(8, 0.0);
  const PrecisionFinding finding = judge_precision(kind, bounds, 0);
  CHECK(finding.level == PrecisionLevel::inside);
  CHECK(finding.rho == 1);
  CHECK(finding.at == "norm#0:out");
}

TEST_CASE("a seed gives the same answer") {
  const PrecisionKind kind = simulated(9, 8, 0.1);
  CHECK(judge_precision(kind, bounds, 4).high == judge_precision(kind, bounds, 4).high);
}

}  // namespace portwright::diagnose
