#include "diagnose/alignment.hpp"

#include <doctest/doctest.h>

namespace portwright::diagnose {
namespace {

Call call(std::string path, std::vector<std::int64_t> out, std::string parent = "(root)#0") {
  Call made;
  made.path = std::move(path);
  made.parent = std::move(parent);
  made.in = Array{"float32", {1, 4, 8}, {}};
  made.out = Array{"float32", std::move(out), {}};
  return made;
}

}  // namespace

TEST_CASE("arrays have the same layout but for leading ones and flattened rows") {
  const auto array = [](std::vector<std::int64_t> shape) { return Array{"float32", std::move(shape), {}}; };
  CHECK(same_layout(array({1, 4, 8}), array({4, 8})));
  CHECK(same_layout(array({2, 4, 8}), array({8, 8})));
  CHECK_FALSE(same_layout(array({1, 4, 8}), array({1, 4, 9})));
  CHECK_FALSE(same_layout(array({1, 2, 4, 8}), array({1, 4, 2, 8})));  // heads before positions, and after
  CHECK_FALSE(same_layout(array({1, 4, 8}), Array{}));
}

TEST_CASE("calls are aligned by path") {
  const std::vector<Call> reference{call("a", {1, 4, 8}), call("b", {1, 4, 8})};
  const std::vector<Call> port{call("b", {1, 4, 8}), call("a", {1, 4, 8})};
  const Alignment alignment = align(reference, port, {}, {});
  REQUIRE(alignment.pairs.size() == 2);
  CHECK(alignment.pairs[0].port == 1);
  CHECK(alignment.pairs[1].port == 0);
  CHECK_FALSE(alignment.pairs[0].by_weights);
  CHECK(alignment.reference_only.empty());
  CHECK(alignment.port_only.empty());
}

TEST_CASE("what has no partner of its path is aligned by the weights it owns") {
  const std::vector<Call> reference{call("lm_head", {1, 4, 199})};
  const std::vector<Call> port{call("model.embed_tokens.as_linear", {1, 4, 199})};
  CHECK(unmatched_by_path(reference, port).port == std::vector<std::string>{"model.embed_tokens"});
  const Alignment alignment =
      align(reference, port, {{"lm_head", "00000000000000aa"}}, {{"model.embed_tokens", "00000000000000aa"}});
  REQUIRE(alignment.pairs.size() == 1);
  CHECK(alignment.pairs[0].by_weights);
  CHECK(alignment.pairs[0].out);
}

TEST_CASE("what is not aligned is reported once for all layers, with the reason") {
  const std::vector<Call> reference{call("layers.0.q_norm", {1, 4, 8}), call("layers.1.q_norm", {1, 4, 8})};
  const std::vector<Call> port{call("layers.0.rope", {1, 4, 8})};
  const Fingerprints weights{{"layers.0.q_norm", "01"}, {"layers.1.q_norm", "02"}};
  const Alignment alignment = align(reference, port, weights, {});
  CHECK(alignment.pairs.empty());
  REQUIRE(alignment.reference_only.size() == 1);
  CHECK(alignment.reference_only[0].path == "layers.*.q_norm");
  CHECK(alignment.reference_only[0].layers == std::vector<int>{0, 1});
  REQUIRE(alignment.port_only.size() == 1);
  CHECK(alignment.port_only[0].why.find("owns no weights") != std::string::npos);
}

TEST_CASE("a pair whose outputs have another layout is aligned, not compared and reported") {
  const std::vector<Call> reference{call("experts", {4, 8})};
  const std::vector<Call> port{call("experts", {1, 4, 2, 8})};
  const Alignment alignment = align(reference, port, {}, {});
  REQUIRE(alignment.pairs.size() == 1);
  CHECK_FALSE(alignment.pairs[0].out);
  REQUIRE(alignment.reference_only.size() == 1);
}

TEST_CASE("the timeline ends a call before its next sibling begins") {
  std::vector<Call> calls{call("(root)", {}, ""), call("a", {}, "(root)#0"), call("a.b", {}, "a#0"),
                          call("c", {}, "(root)#0")};
  std::string told;
  for (const Event& event : timeline(calls)) told += calls[event.call].path + (event.is_end ? ") " : "( ");
  CHECK(told == "(root)( a( a.b( a.b) a) c( c) (root)) ");
}

TEST_CASE("a path is starred at its first number") {
  CHECK(starred("model.layers.12.mlp.experts.3").path == "model.layers.*.mlp.experts.3");
  CHECK(starred("model.layers.12.mlp").layer == 12);
  CHECK_FALSE(starred("model.norm").layer);
}

TEST_CASE("a function is aligned where the module that runs it is, whatever that is called") {
  const std::vector<Call> reference{call("attn", {1, 4, 8}), call("attn.@attention", {1, 4, 8}, "attn#0")};
  const std::vector<Call> port{call("attention", {1, 4, 8}), call("attention.@attention", {1, 4, 8}, "attention#0")};
  const Unmatched unmatched = unmatched_by_path(reference, port);
  CHECK(unmatched.reference == std::vector<std::string>{"attn"});  // a function owns no weights to compare
  const Alignment alignment = align(reference, port, {{"attn", "1f"}}, {{"attention", "1f"}});
  REQUIRE(alignment.pairs.size() == 2);
  CHECK(alignment.pairs[1].port == 1);
}

TEST_CASE("a module whose weights were changed while loading is aligned by the names of its neighbours") {
  const std::vector<Call> reference{call("model.layers.0.mlp", {1, 4, 8}), call("model.layers.0.norm", {1, 4, 8}),
                                    call("model.layers.1.norm", {1, 4, 8}), call("model.norm", {1, 4, 8})};
  const std::vector<Call> port{call("text.model.layers.0.mlp", {1, 4, 8}), call("text.model.layers.0.norm", {1, 4, 8}),
                               call("text.model.layers.1.norm", {1, 4, 7}), call("text.model.norm", {1, 4, 8})};
  const Alignment alignment =
      align(reference, port, {{"model.layers.0.mlp", "0a"}}, {{"text.model.layers.0.mlp", "0a"}});
  REQUIRE(alignment.pairs.size() == 3);
  CHECK(alignment.pairs[1].port == 1);
  CHECK(alignment.pairs[2].reference == 3);
  CHECK(alignment.pairs[2].port == 3);
}

}  // namespace portwright::diagnose
