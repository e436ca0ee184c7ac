#include "inspect/tensor_kind.hpp"

#include <doctest/doctest.h>

#include "inspect/testing_model.hpp"

namespace portwright::inspect {
namespace {

std::string kind_of(const std::vector<std::string>& beside, const std::string& one, std::uint64_t layers = 0) {
  std::vector<checkpoint::TensorInfo> tensors;
  for (const std::string& other : beside) tensors.push_back(tensor(other, "BF16", {2}));
  tensors.push_back(tensor(one, "BF16", {2}));
  return std::string(name(TensorKinds(tensors, layers).of(tensors.size() - 1)));
}

TEST_CASE("a tensor's kind is told by the words of its name") {
  for (const auto& [one, kind] : std::vector<std::pair<const char*, const char*>>{
           {"model.embed_tokens.weight", "embedding"},
           {"transformer.wte.weight", "embedding"},
           {"lm_head.weight", "head"},
           {"model.norm.weight", "norm"},
           {"h.3.ln_1.bias", "norm"},
           {"model.layers.0.self_attn.q_norm.weight", "norm"},
           {"model.layers.0.self_attn.kv_a_proj_with_mqa.weight", "attention"},
           {"h.3.attn.c_proj.weight", "attention"},
           {"h.3.mlp.c_proj.weight", "mlp"},
           {"model.layers.0.mlp.gate_proj.weight", "mlp"},
           {"model.layers.0.mlp.experts.7.w1.weight", "experts"},
           {"model.layers.0.mlp.experts.gate_up_proj", "experts"},
           {"model.layers.0.mlp.shared_experts.up_proj.weight", "shared experts"},
           {"model.layers.0.mlp.shared_expert_gate.weight", "router"},
           {"model.layers.0.mlp.router.weight", "router"},
           {"model.layers.0.linear_attn.in_proj_qkvz.weight", "recurrent"},
           {"model.layers.0.mamba.D", "recurrent"},
           {"vision_tower.encoder.layers.0.self_attn.q_proj.weight", "towers"},
           {"multi_modal_projector.linear_1.weight", "towers"},
           {"mtp.layers.0.mlp.up_proj.weight", "mtp"},
           {"something.else", "other"},
       }) {
    CAPTURE(one);
    CHECK(kind_of({}, one) == kind);
  }
}

TEST_CASE("some names mean something by what lies beside them") {
  const std::string gate = "model.layers.0.mlp.gate.weight";
  CHECK(kind_of({}, gate) == "mlp");
  CHECK(kind_of({"model.layers.0.mlp.experts.0.up_proj.weight"}, gate) == "router");
  const std::string projection = "model.layers.1.self_attn.q_proj.weight";
  CHECK(kind_of({"model.layers.0.self_attn.A_log"}, projection) == "attention");
  CHECK(kind_of({"model.layers.1.self_attn.A_log"}, projection) == "recurrent");
}

TEST_CASE("a layer past the last predicts further tokens, and an output within a layer is no head") {
  CHECK(kind_of({}, "model.layers.61.mlp.up_proj.weight", 61) == "mtp");
  CHECK(kind_of({}, "model.layers.60.mlp.up_proj.weight", 61) == "mlp");
  CHECK(kind_of({}, "model.layers.0.attention.output.weight") == "attention");
  const std::vector<checkpoint::TensorInfo> tensors{
      tensor("model.layers.12.mlp.experts.3.w1", "BF16", {2}), tensor("model.layers.13.mlp.experts.0.w1", "BF16", {2}),
      tensor("model.norm.weight", "BF16", {2}), tensor("model.layers.99999999999999999999.weight", "BF16", {2}),
      tensor("..", "BF16", {2})};
  const TensorKinds kinds_of(tensors, 0);
  CHECK(kinds_of.layer_of(0) == 12);
  CHECK(kinds_of.form_of(0) == kinds_of.form_of(1));
  CHECK(kinds_of.form_count() == 4);
  CHECK_FALSE(kinds_of.layer_of(2));
  CHECK_FALSE(kinds_of.layer_of(3));
  CHECK_FALSE(kinds_of.layer_of(4));
}

}  // namespace
}  // namespace portwright::inspect
