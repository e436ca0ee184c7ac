#include "closest/structure.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/temporary_folder.hpp"
#include "closest/comparison.hpp"
#include "closest/facts.hpp"

namespace portwright::closest {
namespace {

// A decoder whose pieces a test replaces.
struct Pieces {
  std::string attention = "        self.q_proj = nn.Linear(args.hidden_size, args.hidden_size, bias=False)\n";
  std::string attention_call = "        q = self.q_proj(x)\n";
  std::string layer_call =
      "        h = x + self.self_attn(self.norm1(x))\n        return h + self.mlp(self.norm2(h))\n";
  std::string norm = "nn.RMSNorm(args.hidden_size)";
  std::string mlp =
      "        self.gate_proj = nn.Linear(8, 8, bias=False)\n        self.up_proj = nn.Linear(8, 8, bias=False)\n";
  std::string top = {};
  std::string model = {};
};

std::string port_of(const Pieces& pieces) {
  return pieces.top + "class Attention(nn.Module):\n    def __init__(self, args):\n" + pieces.attention +
         "    def __call__(self, x):\n" + pieces.attention_call +
         "        return scaled_dot_product_attention(q)\n"
         "class MLP(nn.Module):\n    def __init__(self, args):\n" +
         pieces.mlp +
         "    def __call__(self, x):\n        return swiglu(x)\n"
         "class Block(nn.Module):\n    def __init__(self, args):\n        self.self_attn = Attention(args)\n"
         "        self.mlp = MLP(args)\n        self.norm1 = " +
         pieces.norm + "\n        self.norm2 = " + pieces.norm + "\n    def __call__(self, x):\n" + pieces.layer_call +
         "class Model(nn.Module):\n    def __init__(self, args):\n" + pieces.model +
         "        self.layers = [Block(args) for _ in range(args.num_hidden_layers)]\n";
}

Structure told(const Pieces& pieces) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.write("tiny.py", port_of(pieces));
  source::SourceFiles files({});
  auto structure = structure_of(files, {file, "Model", {}, "ModelArgs"});
  REQUIRE(structure);
  return *std::move(structure);
}

TEST_CASE("a plain decoder shows what it has and nothing else") {
  const Structure plain = told({});
  CHECK(plain.has_layers);
  for (const char* fact : {"attention.softmax", "attention.separate_qkv", "norm.rms", "norm.before_mixer",
                           "norm.before_feed_forward", "mlp.gated", "mlp.silu", "cache.kv"}) {
    CAPTURE(std::string(fact));
    CHECK(plain.has(fact));
  }
  CHECK(plain.facts.size() == 8);
  CHECK(plain.parameters.contains("self_attn.q_proj"));
  CHECK(plain.keys.contains("hidden_size"));
}

struct Example {
  const char* fact;
  Pieces pieces;
};

TEST_CASE("each fact is seen where the code shows it, and only there") {
  const std::string q = Pieces{}.attention;
  const std::vector<Example> examples{
      {"attention.bias", {.attention = "        self.q_proj = nn.Linear(8, 8, bias=args.attention_bias)\n"}},
      {"attention.qk_norm.head", {.attention = q + "        self.q_norm = nn.RMSNorm(head_dim)\n"}},
      {"attention.qk_norm.whole", {.attention = q + "        self.q_norm = nn.RMSNorm(n_heads * head_dim)\n"}},
      {"attention.gate", {.attention_call = "        q = self.q_proj(x) * mx.sigmoid(x)\n"}},
      {"attention.window", {.attention = q + "        self.window = args.sliding_window\n"}},
      {"attention.mla", {.attention = q + "        self.rank = args.kv_lora_rank\n"}},
      {"rope.interleaved", {.attention = q + "        self.rope = nn.RoPE(8, traditional=True)\n"}},
      {"rope.some_layers",
       {.attention = q + "        self.rope = nn.RoPE(8)\n",
        .attention_call = "        q = self.q_proj(x)\n        if self.use_rope:\n            q = self.rope(q)\n"}},
      {"norm.layer", {.norm = "nn.LayerNorm(args.hidden_size)"}},
      {"norm.after_mixer",
       {.layer_call = "        h = x + self.norm1(self.self_attn(x))\n        return h + self.norm2(self.mlp(h))\n"}},
      {"layer.parallel",
       {.layer_call = "        h = self.norm1(x)\n        return x + self.self_attn(h) + self.mlp(h)\n"}},
      {"norm.offset",
       {.norm = "OwnRMSNorm(args.hidden_size)",
        .top = "class OwnRMSNorm(nn.Module):\n    def __call__(self, x):\n"
               "        return mx.fast.rms_norm(x, 1.0 + self.weight)\n"}},
      {"mlp.fused", {.mlp = "        self.gate_up_proj = nn.Linear(8, 16, bias=False)\n"}},
      {"mlp.plain", {.mlp = "        self.up_proj = nn.Linear(8, 8, bias=False)\n"}},
      {"router", {.mlp = "        self.switch_mlp = SwitchGLU(8, 8, 4)\n"}},
      {"head.scale", {.model = "        self.scale = args.logits_scaling\n"}},
  };
  const Structure plain = told({});
  for (const Example& example : examples) {
    CAPTURE(std::string(example.fact));
    CHECK(fact_named(example.fact) != nullptr);
    CHECK_FALSE(plain.has(example.fact));
    CHECK(told(example.pieces).has(example.fact));
  }
}

TEST_CASE("a comment and a docstring show nothing") {
  CHECK_FALSE(told({.model = "        # args.kv_lora_rank, mx.sigmoid(x)\n"}).has("attention.mla"));
  CHECK_FALSE(told({.attention_call = "        \"\"\"if self.use_rope: self.rope(q)\"\"\"\n        q = x\n"})
                  .has("rope.some_layers"));
}

Candidate candidate(std::string name, const Structure& structure) {
  return {name, "models/" + name + ".py", structure, {}, 0};
}

TEST_CASE("a difference is a known variation where another port has it, else it is new") {
  const Structure plain = told({});
  const Structure gated = told({.attention_call = "        q = self.q_proj(x) * mx.sigmoid(x)\n"});
  const Candidate first = candidate("plain", plain);
  const Comparison alone = compare(gated, first, {first});
  REQUIRE(alone.missing.size() == 1);
  CHECK(alone.missing[0].known_in.empty());
  CHECK_FALSE(alone.identical);
  CHECK(in_words(first, alone) == "as plain, with a sigmoid gate on attention's output");

  const Comparison known = compare(gated, first, {first, candidate("other", gated)});
  REQUIRE(known.missing.size() == 1);
  CHECK(known.missing[0].known_in == "models/other.py");
  CHECK(known.missing[0].known.line > 0);

  const Comparison back = compare(plain, candidate("gated", gated), {});
  CHECK(in_words(candidate("gated", gated), back) == "as gated, without a sigmoid gate on attention's output");
}

TEST_CASE("the same is identical, and another weight is not") {
  const Structure plain = told({});
  const Candidate same = candidate("same", plain);
  CHECK(compare(plain, same, {same}).identical);
  CHECK(compare(plain, same, {same}).same_names);
  const Structure more = told({.model = "        self.extra = nn.Linear(8, 8)\n"});
  const Comparison other = compare(plain, candidate("more", more), {});
  CHECK_FALSE(other.identical);
  CHECK(in_words(candidate("more", more), other) == "as more, but for the weights extra");
}

TEST_CASE("what is alike scores more") {
  const Structure plain = told({});
  const Structure fused = told({.mlp = "        self.gate_up_proj = nn.Linear(8, 16, bias=False)\n"});
  const Structure experts = told({.mlp = "        self.switch_mlp = SwitchGLU(8, 8, 4)\n"});
  const std::vector<Structure> all{plain, fused, experts};
  const Rarity rarity(all);
  CHECK(similarity(plain, plain, rarity).weighted() == doctest::Approx(1));
  CHECK(similarity(plain, fused, rarity).weighted() > similarity(plain, experts, rarity).weighted());
  CHECK(score(similarity(plain, fused, rarity), 3) > score(similarity(plain, fused, rarity), 0));
}

TEST_CASE("every fact has its own name and a topic") {
  for (const Fact& fact : facts()) {
    CAPTURE(std::string(fact.id));
    CHECK(std::ranges::count(facts(), fact.id, &Fact::id) == 1);
    CHECK_FALSE(fact.topic.empty());
    CHECK(fact.weight > 0);
  }
  CHECK(fact_named("nothing") == nullptr);
}

}  // namespace
}  // namespace portwright::closest
