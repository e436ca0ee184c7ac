#include "results/run_record.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace portwright::results {
namespace {

CheckRecord check(const std::string& id, Verdict verdict, bool gates = true, const std::string& variant = "a") {
  CheckRecord record;
  record.id = id;
  record.variant = variant;
  record.verdict = verdict;
  record.gates = gates;
  return record;
}

std::vector<CheckRecord> all_passed(const std::string& variant = "a") {
  std::vector<CheckRecord> checks;
  for (const char* id : {"load", "tokens", "dtype", "parity.logits", "parity.modules"}) {
    checks.push_back(check(id, Verdict::pass, true, variant));
  }
  return checks;
}

CheckRecord everything() {
  CheckRecord record = check("parity.modules", Verdict::fail);
  record.summary = "first wrong: model.layers.*.self_attn";
  record.lane = "semantics";
  record.culprit = Culprit{"model.layers.*.self_attn", "rope", {0, 1, 2}, "llama.py:47"};
  record.where = {{"position", 3}};
  record.causes = {
      {"rope_theta", true, "rope_theta", "always", 0.9999, "RoPE rotates with another theta", std::nullopt},
      {"rope_dims", false, std::nullopt, "head_dim != 64", 0.5, "RoPE rotates half of the channels", "model.layers.*"}};
  record.conditions = {{"dtype", "float32"}};
  record.measured = {{"relative_l2", 3.1e-2}, {"layers", 30}};
  record.threshold = {{"relative_l2", 2e-6}};
  record.sensitivity = {{"relative_l2", 1e-6}};
  record.series = {{"relative_l2", "1", {"layer"}, {1e-6, 2e-6}, 1e-7, std::nullopt}};
  record.would_decide = "more prompts";
  record.accepted = {{"by", "A. Person"}, {"reason", "known"}, {"expires", "2027-01-01"}};
  record.evidence = {"evidence/parity.modules/repro.py"};
  record.seconds = 1.5;
  record.command = "portwright test x --checks parity.modules";
  return record;
}

}  // namespace

TEST_CASE("a run is as bad as the worst of its gating checks") {
  CHECK(verdict_of(all_passed(), true) == Verdict::pass);

  const auto with = [](Verdict verdict, bool gates = true) {
    std::vector<CheckRecord> checks = all_passed();
    checks.push_back(check("quant.logits", verdict, gates));
    return verdict_of(checks, true);
  };
  CHECK(with(Verdict::fail) == Verdict::fail);
  CHECK(with(Verdict::error) == Verdict::error);
  CHECK(with(Verdict::inconclusive) == Verdict::inconclusive);
  CHECK(with(Verdict::not_compared) == Verdict::pass);
  CHECK(with(Verdict::fail, false) == Verdict::pass);
  CHECK(worst({Verdict::pass, Verdict::error, Verdict::fail, Verdict::inconclusive}) == Verdict::fail);
  CHECK(worst({Verdict::inconclusive, Verdict::error}) == Verdict::error);
  CHECK(worst({Verdict::not_compared, Verdict::pass}) == Verdict::pass);
  CHECK(worst({}) == Verdict::not_compared);
}

TEST_CASE("a run without a check that none can do without is undecided at best") {
  for (std::size_t missing = 0; missing < 5; ++missing) {
    CAPTURE(missing);
    std::vector<CheckRecord> checks = all_passed();
    checks[missing].verdict = Verdict::not_compared;
    CHECK(verdict_of(checks, true) == Verdict::inconclusive);
    checks.erase(checks.begin() + static_cast<std::ptrdiff_t>(missing));
    CHECK(verdict_of(checks, true) == Verdict::inconclusive);
    checks.push_back(check("parity.other", Verdict::fail));
    CHECK(verdict_of(checks, true) == Verdict::fail);
  }
  CHECK(verdict_of({}, true) == Verdict::inconclusive);
}

TEST_CASE("a checkpoint without a tokenizer needs no comparison of tokens") {
  std::vector<CheckRecord> checks = all_passed();
  checks[1].verdict = Verdict::not_compared;
  CHECK(verdict_of(checks, false) == Verdict::pass);
}

TEST_CASE("one variant's checks do not stand in for another's") {
  std::vector<CheckRecord> checks = all_passed("a");
  checks.push_back(check("load", Verdict::pass, true, "b"));
  CHECK(verdict_of(checks, true) == Verdict::inconclusive);
  for (CheckRecord& other : all_passed("b")) checks.push_back(std::move(other));
  CHECK(verdict_of(checks, true) == Verdict::pass);
}

TEST_CASE("a run record survives being written and read") {
  RunRecord run;
  run.verdict = Verdict::fail;
  run.sentence = "partial run: fail on CPU (Metal not compared)";
  run.started = "2026-11-23T12:00:00Z";
  run.seconds = 21.25;
  run.partial = true;
  run.variants = {{"a", "org/a", "main", "llama", "bfloat16", "config.torch_dtype", Verdict::fail}};
  run.port = {{"file", "llama.py"}};
  run.environment = {{"backend", "cpu"}};
  run.settings = {{"seed", 1}};
  run.checks = {everything(), check("load", Verdict::pass)};

  const Json written = to_json(run);
  CHECK(to_json(run_record_from(Json::parse(written.dump()))).dump() == written.dump());
  const CheckRecord read = check_record_from(written.at("checks").at(0));
  CHECK(read.culprit->layers == std::vector<int>{0, 1, 2});
  CHECK(read.causes.at(0).proved);
  CHECK_FALSE(read.causes.at(1).proved);
  CHECK_FALSE(read.causes.at(1).field);
  CHECK(read.series.at(0).floor == 1e-7);
}

TEST_CASE("numbers that are not finite keep their names") {
  CheckRecord record = everything();
  record.measured = {{"relative_l2", std::nan("")}, {"rows", {1.0, -std::numeric_limits<double>::infinity()}}};
  record.causes[0].error_removed = std::nan("");
  const Json json = Json::parse(to_json(record).dump());
  CHECK(json.at("measured").dump() == R"({"relative_l2":"nan","rows":[1.0,"-inf"]})");
  CHECK(check_record_from(json).causes.at(0).error_removed == 0.0);
}

TEST_CASE("a record of another shape is refused") {
  const Json good = to_json(everything());
  const auto changed = [&](const char* key, const Json& value) {
    Json json = good;
    json[key] = value;
    return json;
  };
  CHECK_NOTHROW((void)check_record_from(good));
  CHECK_NOTHROW((void)check_record_from(changed("added_later", 1)));
  CHECK_THROWS_AS((void)check_record_from(changed("verdict", "passed")), Json::exception);
  CHECK_THROWS_AS((void)check_record_from(changed("verdict", true)), Json::exception);
  CHECK_THROWS_AS((void)check_record_from(changed("measured", Json::array())), Json::exception);
  CHECK_THROWS_AS((void)check_record_from(changed("gates", "yes")), Json::exception);
  CHECK_THROWS_AS((void)check_record_from(changed("culprit", 4)), Json::exception);
  CHECK_THROWS_AS((void)check_record_from(Json::object()), Json::exception);
  CHECK_THROWS_AS((void)check_record_from(Json(3)), Json::exception);

  Json run = to_json(RunRecord{});
  CHECK_NOTHROW((void)run_record_from(run));
  run["schema"] = "portwright.run/2";
  CHECK_THROWS_AS((void)run_record_from(run), Json::exception);
}

}  // namespace portwright::results
