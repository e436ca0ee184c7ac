#include "report/words.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace portwright::report {

using results::CheckRecord;
using results::Verdict;

namespace {

CheckRecord wrong_at(std::vector<int> layers) {
  CheckRecord check;
  check.culprit = results::Culprit{"model.layers.*.mlp", std::nullopt, std::move(layers), std::nullopt};
  return check;
}

CheckRecord ended(Verdict verdict, bool gates = true) {
  CheckRecord check;
  check.verdict = verdict;
  check.gates = gates;
  return check;
}

}  // namespace

TEST_CASE("numbers are short and read the same everywhere") {
  CHECK(number(3.1e-2) == "0.031");
  CHECK(number(1.9e-6) == "1.9e-6");
  CHECK(number(2e-6) == "2e-6");
  CHECK(number(-8.25e-3) == "-8.25e-3");
  CHECK(number(0) == "0");
  CHECK(number(1.02) == "1.02");
  CHECK(number(18235) == "1.82e4");
  CHECK(number(1e-120) == "1e-120");
  CHECK(number(std::nan("")) == "NaN");
  CHECK(number(-std::numeric_limits<double>::infinity()) == "-infinite");
}

TEST_CASE("counts always say what was not compared, and what does not gate") {
  CHECK(counts({}) == "0 not compared");
  CHECK(counts({ended(Verdict::pass), ended(Verdict::pass, false)}) == "2 pass, 0 not compared");
  CHECK(counts({ended(Verdict::fail), ended(Verdict::fail, false), ended(Verdict::not_compared)}) ==
        "2 fail (1 not gating), 1 not compared");
  CHECK(counts({ended(Verdict::error), ended(Verdict::inconclusive, false)}) ==
        "1 error, 1 undecided (not gating), 0 not compared");
}

TEST_CASE("layers read as ranges, and as all where they are all") {
  CHECK(layers_words(CheckRecord{}).empty());
  CHECK(layers_words(wrong_at({})).empty());
  CHECK(layers_words(wrong_at({3})) == "layer 3");
  CHECK(layers_words(wrong_at({5, 11, 17})) == "layers 5, 11, 17");
  CHECK(layers_words(wrong_at({0, 1, 2, 3, 7, 8})) == "layers 0-3, 7, 8");
  CheckRecord all = wrong_at({0, 1, 2});
  all.measured["layers"] = 3;
  CHECK(layers_words(all) == "all 3 layers alike");
  all.measured["layers"] = 4;
  CHECK(layers_words(all) == "layers 0-2");
  all.measured["layers"] = "three";
  CHECK(layers_words(all) == "layers 0-2");
}

TEST_CASE("a culprit is a module, a function of it, or the model itself") {
  CheckRecord check = wrong_at({1});
  check.culprit->function = "rope";
  CHECK(culprit_words(check) == "model.layers.*.mlp, function rope, layer 1");
  check.culprit = results::Culprit{"(root)", std::nullopt, {}, "llama.py:1"};
  CHECK(culprit_words(check) == "the model's own code");
  CHECK(culprit_words(CheckRecord{}).empty());
}

TEST_CASE("what is left of an error never reads as nothing") {
  results::Cause cause;
  cause.proved = true;
  cause.error_removed = 0.99999;
  CHECK(proof_words(cause) == "proved: correcting it removes 99.99 % of the error");
  cause.error_removed = 1;
  CHECK(proof_words(cause) == "proved: correcting it removes 100 % of the error");
  cause.proved = false;
  cause.error_removed = 0.5;
  cause.when = "only where head_dim is not 64";
  CHECK(proof_words(cause) == "likely: correcting it would remove 50 % of the error; only where head_dim is not 64");
}

TEST_CASE("the last lines are the last ones, without empty ones") {
  CheckRecord check;
  CHECK(last_lines_of(check, 3).empty());
  check.measured["last_lines"] = "one\n\ntwo  \r\nthree\nfour\n";
  CHECK(last_lines_of(check, 2) == std::vector<std::string>{"three", "four"});
  CHECK(last_lines_of(check, 9) == std::vector<std::string>{"one", "two", "three", "four"});
}

TEST_CASE("a word that a shell would take apart is quoted") {
  CHECK(shell_word("runs/a-1/repro.py") == "runs/a-1/repro.py");
  CHECK(shell_word("it's here; rm -rf ~") == "'it'\\''s here; rm -rf ~'");
  CHECK(shell_word("mlx[cpu]==1") == "'mlx[cpu]==1'");
  CHECK(shell_word("") == "''");
}

TEST_CASE("only a script of its own is shown as one") {
  CheckRecord check;
  check.evidence = {"evidence/a/input.safetensors", "evidence/a/not-repro.py"};
  CHECK(repro_of(check).empty());
  check.evidence.emplace_back("evidence/a/repro.py");
  CHECK(repro_of(check) == "evidence/a/repro.py");
}

}  // namespace portwright::report
