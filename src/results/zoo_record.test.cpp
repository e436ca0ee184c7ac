#include "results/zoo_record.hpp"

#include <doctest/doctest.h>

namespace portwright::results {
namespace {

CheckRecord check_with(const std::string& id, Verdict verdict) {
  CheckRecord record;
  record.id = id;
  record.verdict = verdict;
  record.summary = id + " says so";
  return record;
}

RunRecord failed_run() {
  RunRecord run;
  run.verdict = Verdict::fail;
  CheckRecord logits = check_with("parity.logits", Verdict::fail);
  logits.measured = {{"relative_l2", 0.5}, {"over_floor", 1000.0}};
  CheckRecord modules = check_with("parity.modules", Verdict::fail);
  modules.culprit = Culprit{"model.layers.*.mlp", std::nullopt, {}, "/somewhere/llama.py:47"};
  run.checks = {check_with("load", Verdict::pass), logits, modules};
  return run;
}

ZooRow passed() {
  ZooRow row;
  row.id = "llama";
  row.verdict = Verdict::pass;
  return row;
}

}  // namespace

TEST_CASE("the row of a failed run names the culprit's check, and the port's line without its folder") {
  const ZooRow row = zoo_row(failed_run());
  CHECK(row.verdict == Verdict::fail);
  CHECK(row.over_floor == 1000.0);
  CHECK(row.culprit == "model.layers.*.mlp");
  CHECK(row.port_line == "llama.py:47");
  CHECK(row.reason == "parity.modules: parity.modules says so");
}

TEST_CASE("a zoo is read as it was written, and is as bad as its worst row") {
  ZooRecord zoo;
  zoo.settings = {{"effort", "quick"}};
  zoo.rows = {zoo_row(failed_run()), passed()};
  const ZooRecord read = zoo_record_from(to_json(zoo));
  CHECK(to_json(read) == to_json(zoo));
  CHECK_FALSE(read.rows[1].error);
  CHECK(verdict_of(read) == Verdict::fail);
}

TEST_CASE("what is no zoo is refused") { CHECK_THROWS_AS((void)zoo_record_from(Json::object()), Json::exception); }

}  // namespace portwright::results
