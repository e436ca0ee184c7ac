#include "inspect/quantization.hpp"

#include <doctest/doctest.h>

#include "base/testing.hpp"
#include "inspect/testing_model.hpp"

namespace portwright::inspect {
namespace {

using portwright::testing::says;

std::optional<Quantization> told(const Json& config, const std::vector<checkpoint::TensorInfo>& tensors) {
  const ClassDefaults none;
  return quantization(ConfigView(config, none, none), tensors);
}

TEST_CASE("each method says its blocks in words") {
  const auto fp8 =
      told({{"quantization_config",
             {{"quant_method", "fp8"}, {"weight_block_size", {128, 128}}, {"activation_scheme", "dynamic"}}}},
           {tensor("a.weight", "F8_E4M3", {256, 128}), tensor("a.weight_scale_inv", "F32", {2, 1})});
  REQUIRE(fp8);
  CHECK(fp8->blocks == "8 bits, blocks of 128 x 128");
  CHECK(fp8->tensors == 1);
  CHECK(fp8->contradiction.empty());

  const auto mxfp4 =
      told({{"quantization_config", {{"quant_method", "mxfp4"}, {"modules_to_not_convert", {"lm_head"}}}}},
           {tensor("e.gate_up_proj_blocks", "U8", {4, 8, 2, 16})});
  REQUIRE(mxfp4);
  CHECK(says(mxfp4->blocks, "blocks of 32"));
  CHECK(mxfp4->not_quantized == std::vector<std::string>{"lm_head"});

  const auto gptq =
      told({{"quantization_config", {{"quant_method", "gptq"}, {"bits", 4}, {"group_size", 128}, {"desc_act", true}}}},
           {tensor("a.qweight", "I32", {16, 64})});
  REQUIRE(gptq);
  CHECK(gptq->blocks == "4 bits, groups of 128");
  CHECK(gptq->details == std::vector<std::string>{"desc_act true"});

  const auto mlx =
      told({{"quantization", {{"group_size", 64}, {"bits", 4}, {"model.layers.0.mlp.gate", {{"bits", 8}}}}}},
           {tensor("a.weight", "U32", {64, 8})});
  REQUIRE(mlx);
  CHECK(mlx->method == "mlx");
  CHECK(mlx->details == std::vector<std::string>{"1 modules with settings of their own"});

  const Json group = {{"weights", {{"num_bits", 4}, {"group_size", 128}, {"type", "int"}, {"strategy", "group"}}}};
  const auto packed =
      told({{"quantization_config", {{"quant_method", "compressed-tensors"}, {"config_groups", {{"group_0", group}}}}}},
           {tensor("a.weight_packed", "I32", {64, 8})});
  REQUIRE(packed);
  CHECK(packed->blocks == "4 bits, groups of 128, int, group");
}

TEST_CASE("config and headers that do not agree are said to") {
  CHECK_FALSE(told(Json::object(), {tensor("a.weight", "BF16", {64, 64})}));
  const auto by_names = told(Json::object(), {tensor("a.weight", "U32", {64, 8})});
  REQUIRE(by_names);
  CHECK(by_names->where == "headers");
  CHECK(says(by_names->contradiction, "no quantization_config"));
  const auto undone =
      told({{"quantization_config", {{"quant_method", "fp8"}}}}, {tensor("a.weight", "BF16", {64, 64})});
  REQUIRE(undone);
  CHECK(says(undone->contradiction, "no tensor is packed"));
  CHECK_FALSE(told({{"quantization_config", 7}}, {}));
}

TEST_CASE("packed tensors are counted as the weights they stand for") {
  const auto shape_of = [](const std::string& method, int bits, const checkpoint::TensorInfo& one) {
    Quantization quantized;
    quantized.method = method;
    quantized.bits = bits;
    return unpacked(one, quantized);
  };
  CHECK(shape_of("mlx", 4, tensor("a.weight", "U32", {64, 8})).shape == std::vector<std::uint64_t>{64, 64});
  CHECK(shape_of("mlx", 4, tensor("a.weight", "U32", {64, 8})).parameters == 64 * 64);
  CHECK(shape_of("mlx", 4, tensor("a.scales", "BF16", {64, 1})).parameters == 0);
  CHECK(shape_of("mlx", 4, tensor("a.biases", "BF16", {64, 1})).parameters == 0);
  CHECK(shape_of("gptq", 4, tensor("a.qweight", "I32", {8, 64})).shape == std::vector<std::uint64_t>{64, 64});
  CHECK(shape_of("awq", 4, tensor("a.qweight", "I32", {64, 8})).shape == std::vector<std::uint64_t>{64, 64});
  CHECK(shape_of("gptq", 4, tensor("a.qzeros", "I32", {1, 8})).parameters == 0);
  CHECK(shape_of("mxfp4", 4, tensor("e.up_blocks", "U8", {4, 8, 2, 16})).shape == std::vector<std::uint64_t>{4, 8, 64});
  CHECK(shape_of("fp8", 8, tensor("a.weight_scale_inv", "F32", {2, 1})).parameters == 0);
  CHECK(shape_of("fp8", 8, tensor("a.weight", "F8_E4M3", {256, 128})).parameters == 256 * 128);
  CHECK(unpacked(tensor("a.biases", "BF16", {64}), std::nullopt).parameters == 64);
}

}  // namespace
}  // namespace portwright::inspect
