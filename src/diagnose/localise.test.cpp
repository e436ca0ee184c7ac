#include "diagnose/localise.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace portwright::diagnose {
namespace {

Call call(std::string path, std::string parent, int index = 0) {
  Call made;
  made.path = std::move(path);
  made.index = index;
  made.parent = std::move(parent);
  made.in = made.out = Array{"float32", {1, 4, 8}, {}};
  return made;
}

// Two layers of a norm and an attention with two projections, as a probe reports them: in the order the calls began.
std::vector<Call> two_layers() {
  std::vector<Call> calls{call("(root)", ""), call("model", "(root)#0"), call("model.embed_tokens", "model#0")};
  for (const char* layer : {"model.layers.0", "model.layers.1"}) {
    const std::string path = layer;
    calls.push_back(call(path, "model#0"));
    calls.push_back(call(path + ".norm", path + "#0"));
    calls.push_back(call(path + ".attn", path + "#0"));
    calls.push_back(call(path + ".attn.q_proj", path + ".attn#0"));
    calls.push_back(call(path + ".attn.o_proj", path + ".attn#0"));
  }
  return calls;
}

std::size_t at(const std::vector<Call>& calls, const std::string& name) {
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (calls[i].name() == name) return i;
  }
  FAIL("no call ", name);
  return 0;
}

Judged all_clean(const std::vector<Call>& calls) {
  Judged judged;
  for (std::size_t i = 0; i < calls.size(); ++i) judged.in[i] = judged.out[i] = measured(2e-7, 1.5e-7);
  return judged;
}

const Measurement wrong = measured(3e-2, 1.5e-7);

}  // namespace

TEST_CASE("a measurement is judged over the floor, and no floor is below one unit in the last place") {
  CHECK(measured(2.9e-6, 1e-6).level() == Level::clean);
  CHECK(measured(3.1e-6, 1e-6).level() == Level::suspect);
  CHECK(measured(1.1e-5, 1e-6).level() == Level::wrong);
  CHECK(measured(3e-7, 0).level() == Level::clean);
  CHECK(measured(3e-7, 0).floor == least_floor);
  CHECK(measured(std::numeric_limits<double>::infinity(), 1e-6).level() == Level::wrong);
  CHECK(measured(std::numeric_limits<double>::quiet_NaN(), 1e-6).level() == Level::wrong);
}

TEST_CASE("a clean forward has no findings") {
  const auto calls = two_layers();
  CHECK(findings(calls, all_clean(calls)).empty());
}

TEST_CASE("a wrong output is the module's own, in every layer that has it") {
  const auto calls = two_layers();
  Judged judged = all_clean(calls);
  judged.out[at(calls, "model.layers.0.norm#0")] = wrong;
  judged.out[at(calls, "model.layers.1.norm#0")] = wrong;
  const auto found = findings(calls, judged);
  REQUIRE(found.size() == 1);
  CHECK(found[0].module == "model.layers.*.norm");
  CHECK(found[0].layers == std::vector<int>{0, 1});
  CHECK(found[0].layers_in_all == 2);
  CHECK(found[0].seen_at == "model.layers.*.norm:out");
  CHECK(found[0].worst_at == "model.layers.0.norm#0:out");
}

TEST_CASE("an input that arrives wrong was made so by the caller") {
  const auto calls = two_layers();
  Judged judged = all_clean(calls);
  judged.in[at(calls, "model.layers.1.attn.o_proj#0")] = wrong;
  const auto found = findings(calls, judged);
  REQUIRE(found.size() == 1);
  CHECK(found[0].module == "model.layers.*.attn");
  CHECK(found[0].layers == std::vector<int>{1});
  CHECK(found[0].seen_at == "model.layers.*.attn.o_proj:in");
  CHECK(found[0].worst_at == "model.layers.1.attn.o_proj#0:in");
}

TEST_CASE("the first wrong one of the forward comes first, and suspects come last") {
  const auto calls = two_layers();
  Judged judged = all_clean(calls);
  judged.out[at(calls, "model.embed_tokens#0")] = measured(5e-7, 1.5e-7);
  judged.out[at(calls, "model.layers.0.attn.q_proj#0")] = wrong;
  judged.out[at(calls, "model.layers.0.attn.o_proj#0")] = wrong;
  const auto found = findings(calls, judged);
  REQUIRE(found.size() == 3);
  CHECK(found[0].module == "model.layers.*.attn.q_proj");
  CHECK(found[1].module == "model.layers.*.attn.o_proj");
  CHECK(found[2].module == "model.embed_tokens");
  CHECK(found[2].level == Level::suspect);
}

TEST_CASE("a boundary the port draws elsewhere is no bug: left alone, what follows is right") {
  const auto calls = two_layers();
  const std::size_t embed = at(calls, "model.embed_tokens#0");
  const std::size_t first_layer = at(calls, "model.layers.0#0");
  Judged forced = all_clean(calls);
  forced.out[embed] = wrong;       // unscaled here, scaled in the reference
  forced.in[first_layer] = wrong;  // the given, scaled embedding was scaled again
  Judged left_alone = all_clean(calls);
  left_alone.out[embed] = wrong;

  std::vector<std::string> moved;
  const Judged judged = without_moved_boundaries(calls, forced, left_alone, moved);
  CHECK(findings(calls, judged).empty());
  CHECK(moved == std::vector<std::string>{"model.embed_tokens"});
}

TEST_CASE("a module that is really wrong stays wrong: left alone, it breaks what follows") {
  const auto calls = two_layers();
  const std::size_t norm = at(calls, "model.layers.0.norm#0");
  Judged forced = all_clean(calls);
  forced.out[norm] = wrong;
  Judged left_alone = forced;
  left_alone.in[at(calls, "model.layers.0.attn#0")] = wrong;

  std::vector<std::string> moved;
  const auto found = findings(calls, without_moved_boundaries(calls, forced, left_alone, moved));
  REQUIRE(found.size() == 1);
  CHECK(found[0].module == "model.layers.*.norm");
  CHECK(moved.empty());
}

TEST_CASE("a wrong module before a wrong caller hides neither") {
  const auto calls = two_layers();
  Judged forced = all_clean(calls);
  forced.out[at(calls, "model.layers.0.attn.q_proj#0")] = wrong;
  forced.in[at(calls, "model.layers.0.attn.o_proj#0")] = wrong;
  std::vector<std::string> moved;
  const auto found = findings(calls, without_moved_boundaries(calls, forced, forced, moved));
  REQUIRE(found.size() == 2);
  CHECK(found[0].module == "model.layers.*.attn.q_proj");
  CHECK(found[1].module == "model.layers.*.attn");
}

namespace {

// An attention that runs its function between two projections.
std::vector<Call> attention() {
  std::vector<Call> calls{call("(root)", ""), call("layers.0.attn", "(root)#0")};
  calls.push_back(call("layers.0.attn.q_proj", "layers.0.attn#0"));
  for (const char* function : {"@attention_key", "@attention_mask", "@attention"}) {
    calls.push_back(call(std::string("layers.0.attn.") + function, "layers.0.attn#0"));
  }
  calls.push_back(call("layers.0.attn.o_proj", "layers.0.attn#0"));
  return calls;
}

}  // namespace

TEST_CASE("what a function makes of right operands, and the mask it is given, is the module's doing") {
  const auto calls = attention();
  Judged judged = all_clean(calls);
  judged.out[at(calls, "layers.0.attn.@attention#0")] = wrong;
  auto found = findings(calls, judged);
  REQUIRE(found.size() == 1);
  CHECK(found[0].module == "layers.*.attn");
  CHECK(found[0].function == "attention");
  CHECK(found[0].seen_at == "layers.*.attn.@attention:out");

  judged.in[at(calls, "layers.0.attn.@attention_mask#0")] = wrong;
  found = findings(calls, judged);
  REQUIRE(found.size() == 1);
  CHECK(found[0].function == "mask");
}

TEST_CASE("a scale that the port has on the keys is no bug, and a key that attention cannot make right is one") {
  const auto calls = attention();
  const std::size_t query = at(calls, "layers.0.attn.@attention#0");
  const std::size_t key = at(calls, "layers.0.attn.@attention_key#0");
  Judged forced = all_clean(calls);
  forced.in[query] = forced.in[key] = wrong;
  Judged left_alone = forced;
  std::vector<std::string> moved;
  CHECK(findings(calls, without_moved_boundaries(calls, forced, left_alone, moved)).empty());
  CHECK(moved.size() == 2);

  left_alone.out[query] = wrong;
  const auto found = findings(calls, without_moved_boundaries(calls, forced, left_alone, moved));
  REQUIRE(found.size() == 1);
  CHECK(found[0].module == "layers.*.attn");
  CHECK(found[0].function.empty());
}

TEST_CASE("another choice of experts is the doing of who hands it out, and what the block makes of it tells no more") {
  std::vector<Call> calls{call("(root)", ""), call("layers.0.mlp", "(root)#0"),
                          call("layers.0.mlp.gate", "layers.0.mlp#0"), call("layers.0.mlp.@routing", "layers.0.mlp#0"),
                          call("layers.0.mlp.experts", "layers.0.mlp#0")};
  REQUIRE(called_next(calls, 3) != nullptr);
  CHECK(called_next(calls, 3)->path == "layers.0.mlp.experts");
  CHECK(called_next(calls, 4) == nullptr);
  Judged judged = all_clean(calls);
  judged.in[at(calls, "layers.0.mlp.@routing#0")] = wrong;
  judged.out[at(calls, "layers.0.mlp#0")] = wrong;
  auto found = findings(calls, judged);
  REQUIRE(found.size() == 1);
  CHECK(found[0].module == "layers.*.mlp");  // nobody handed it out: the block's own lines
  calls[at(calls, "layers.0.mlp.@routing#0")].chosen_by = "layers.0.mlp.gate#0";
  found = findings(calls, judged);
  REQUIRE(found.size() == 1);
  CHECK(found[0].module == "layers.*.mlp.gate");
  CHECK(found[0].seen_at == "layers.*.mlp.@routing:in");
  // It is shown and cannot be left as the port made it: no hand-over that a second forward asks about.
  const auto handovers = wrong_handovers(calls, judged);
  REQUIRE(handovers.size() == 1);
  CHECK(handovers[0].call == at(calls, "layers.0.mlp#0"));
  // The right choice and a wrong output: the block's.
  judged.in[at(calls, "layers.0.mlp.@routing#0")] = measured(0, 0);
  found = findings(calls, judged);
  REQUIRE(found.size() == 1);
  CHECK(found[0].module == "layers.*.mlp");
}

}  // namespace portwright::diagnose
