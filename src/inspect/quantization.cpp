#include "inspect/quantization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "checkpoint/element_type.hpp"

namespace portwright::inspect {
namespace {

using checkpoint::TensorInfo;

std::optional<std::uint64_t> whole(const Json& settings, std::string_view key) {
  const auto number = number_member(settings, key);
  if (!number || *number < 1 || *number > 1e6) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::string in_words(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string bits_and_group(std::optional<std::uint64_t> bits, std::optional<std::uint64_t> group) {
  std::string text = bits ? fmt::format("{} bits", *bits) : "";
  if (group) text += fmt::format("{}groups of {}", text.empty() ? "" : ", ", *group);
  return text;
}

void add_detail(const Json& settings, std::string_view key, Quantization& into) {
  const Json* value = member(settings, key);
  if (value != nullptr && !value->is_structured()) into.details.push_back(fmt::format("{} {}", key, in_words(*value)));
}

void add_modules(const Json& settings, std::string_view key, Quantization& into) {
  const Json* list = member(settings, key);
  if (list == nullptr || !list->is_array()) return;
  for (const Json& one : *list) {
    if (one.is_string()) into.not_quantized.push_back(one.get<std::string>());
  }
}

// How each method says its blocks.
void describe_fp8(const Json& settings, Quantization& into) {
  into.bits = 8;
  const Json* block = member(settings, "weight_block_size");
  if (block != nullptr && block->is_array() && block->size() == 2 && (*block)[0].is_number() &&
      (*block)[1].is_number()) {
    into.blocks = fmt::format("8 bits, blocks of {} x {}", in_words((*block)[0]), in_words((*block)[1]));
  } else {
    into.blocks = "8 bits, one scale a tensor or channel";
  }
}
void describe_mxfp4(const Json& /*settings*/, Quantization& into) {
  into.bits = 4;
  into.blocks = "4 bits, blocks of 32 with a scale of 8 bits";
}
void describe_grouped(const Json& settings, Quantization& into) {
  into.bits = whole(settings, "bits");
  if (!into.bits) into.bits = whole(settings, "w_bit");
  auto group = whole(settings, "group_size");
  if (!group) group = whole(settings, "q_group_size");
  into.blocks = bits_and_group(into.bits, group);
}
void describe_bitsandbytes(const Json& settings, Quantization& into) {
  const Json* four = member(settings, "load_in_4bit");
  const bool is_four = four != nullptr && four->is_boolean() && four->get<bool>();
  into.bits = is_four ? 4 : 8;
  into.blocks = is_four ? "4 bits, groups of 64" : "8 bits, one scale a row";
}
void describe_compressed(const Json& settings, Quantization& into) {
  const Json* groups = member(settings, "config_groups");
  if (groups == nullptr || !groups->is_object()) return;
  for (const Json& group : *groups) {
    const Json* weights = member(group, "weights");
    if (weights == nullptr || !weights->is_object()) continue;
    const auto bits = whole(*weights, "num_bits");
    if (!into.bits) into.bits = bits;
    std::string text = bits_and_group(bits, whole(*weights, "group_size"));
    for (const char* key : {"type", "strategy"}) {
      if (const std::string word = string_member(*weights, key); !word.empty()) text += ", " + word;
    }
    const Json* block = member(*weights, "block_structure");
    if (block != nullptr && block->is_array() && block->size() == 2) {
      text += fmt::format(", blocks of {} x {}", in_words((*block)[0]), in_words((*block)[1]));
    }
    into.blocks += (into.blocks.empty() ? "" : "; ") + text;
  }
}
void describe_mlx(const Json& settings, Quantization& into) {
  describe_grouped(settings, into);
  std::size_t own = 0;
  for (const auto& [key, value] : settings.items()) {
    if (value.is_object()) ++own;
    if (value.is_boolean() && !value.get<bool>()) into.not_quantized.push_back(key);
  }
  if (own > 0) into.details.push_back(fmt::format("{} modules with settings of their own", own));
}

struct Method {
  std::string_view name;
  void (*describe)(const Json& settings, Quantization& into);
};
constexpr std::array methods{Method{"fp8", describe_fp8},
                             Method{"fbgemm_fp8", describe_fp8},
                             Method{"mxfp4", describe_mxfp4},
                             Method{"gptq", describe_grouped},
                             Method{"awq", describe_grouped},
                             Method{"compressed-tensors", describe_compressed},
                             Method{"bitsandbytes", describe_bitsandbytes},
                             Method{"mlx", describe_mlx}};

// Settings in words, whatever the method.
constexpr std::array<std::string_view, 15> told_settings{"fmt",
                                                         "format",
                                                         "activation_scheme",
                                                         "scale_fmt",
                                                         "desc_act",
                                                         "sym",
                                                         "zero_point",
                                                         "version",
                                                         "mode",
                                                         "quant_algo",
                                                         "kv_cache_scheme",
                                                         "checkpoint_format",
                                                         "bnb_4bit_quant_type",
                                                         "quantization_status",
                                                         "backend"};
constexpr std::array<std::string_view, 4> lists_of_modules{"modules_to_not_convert", "ignore", "ignored_layers",
                                                           "llm_int8_skip_modules"};

Quantization described(const std::string& method, const Json& settings, const std::string& where) {
  Quantization result;
  result.method = method;
  result.where = where;
  const auto* known = std::ranges::find(methods, std::string_view(method), &Method::name);
  (known == methods.end() ? describe_grouped : known->describe)(settings, result);
  for (const std::string_view key : told_settings) add_detail(settings, key, result);
  for (const std::string_view key : lists_of_modules) add_modules(settings, key, result);
  return result;
}

// How packed weights and their companions are named, by method.
constexpr std::array<std::string_view, 5> packed_endings{"_blocks", ".qweight", ".weight_packed", ".weight_scale_inv",
                                                         ".weight_scale"};
constexpr std::array<std::string_view, 22> bookkeeping{"_scales",
                                                       ".scales",
                                                       ".qzeros",
                                                       ".g_idx",
                                                       ".weight_scale",
                                                       ".weight_scale_inv",
                                                       ".weight_scale_2",
                                                       ".input_scale",
                                                       ".weight_zero_point",
                                                       ".weight_g_idx",
                                                       ".weight_shape",
                                                       ".input_global_scale",
                                                       ".weight_global_scale",
                                                       ".absmax",
                                                       ".quant_map",
                                                       ".nested_absmax",
                                                       ".nested_quant_map",
                                                       ".SCB",
                                                       ".weight_format",
                                                       ".activation_scale",
                                                       ".k_scale",
                                                       ".v_scale"};

bool ends_with_one_of(std::string_view name, std::span<const std::string_view> endings) {
  return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

bool is_integer(const TensorInfo& tensor) { return tensor.dtype == "I32" || tensor.dtype == "U32"; }
bool is_byte(const TensorInfo& tensor) { return tensor.dtype == "U8" || tensor.dtype == "I8"; }

std::uint64_t packed_tensors(const std::vector<TensorInfo>& tensors) {
  return static_cast<std::uint64_t>(std::ranges::count_if(tensors, [](const TensorInfo& tensor) {
    if (tensor.name.ends_with(".weight")) return tensor.dtype == "U32";
    return ends_with_one_of(tensor.name, packed_endings) || tensor.name.find(".quant_state.") != std::string::npos;
  }));
}

// "mlx" by scales beside packed weights, and so on: what headers alone tell.
std::string told_by_names(const std::vector<TensorInfo>& tensors) {
  for (const TensorInfo& tensor : tensors) {
    if (tensor.name.ends_with(".weight")) {
      if (tensor.dtype == "U32") return "mlx";
      continue;
    }
    if (tensor.name.ends_with("_blocks") && is_byte(tensor)) return "mxfp4";
    if (tensor.name.ends_with(".qweight")) return "gptq or awq";
    if (tensor.name.ends_with(".weight_scale_inv")) return "fp8";
    if (tensor.name.ends_with(".weight_packed")) return "compressed-tensors";
  }
  return "";
}

std::optional<Quantization> said_by_config(const ConfigView& config) {
  for (const std::string_view key : {"quantization_config", "quantization", "compression_config"}) {
    const Found found = config.written({key});
    if (!found || !found.value->is_object()) continue;
    std::string method = string_member(*found.value, "quant_method");
    // mlx-lm writes its settings under both keys, without a method.
    if (method.empty() && member(*found.value, "group_size") != nullptr) method = "mlx";
    if (method.empty()) method = string_member(*found.value, "quant_algo");
    return described(method.empty() ? "unnamed method" : method, *found.value, found.where);
  }
  return std::nullopt;
}

std::uint64_t elements(const std::vector<std::uint64_t>& shape) {
  std::uint64_t product = 1;
  for (const std::uint64_t extent : shape) product *= extent;
  return product;
}

}  // namespace

std::optional<Quantization> quantization(const ConfigView& config, const std::vector<TensorInfo>& tensors) {
  std::optional<Quantization> result = said_by_config(config);
  const std::uint64_t packed = packed_tensors(tensors);
  const std::string by_names = told_by_names(tensors);
  if (!result && by_names.empty()) return std::nullopt;
  if (!result) {
    result = Quantization{};
    result->method = by_names;
    result->where = "headers";
    result->contradiction = "config.json has no quantization_config, and the tensors are packed";
  } else if (!tensors.empty() && packed == 0) {
    result->contradiction = "config.json says it is quantized, and no tensor is packed or scaled";
  }
  result->tensors = packed;
  return result;
}

Unpacked unpacked(const TensorInfo& tensor, const std::optional<Quantization>& quantization) {
  const auto plain = [&] { return Unpacked{elements(tensor.shape), tensor.shape}; };
  if (!quantization || tensor.shape.empty()) return plain();
  if (ends_with_one_of(tensor.name, bookkeeping) || tensor.name.find(".quant_state.") != std::string::npos) return {};
  const bool mlx = quantization->method == "mlx";
  // mlx keeps a zero point for each group under the name of a Linear's bias, in the plural.
  if (mlx && tensor.name.ends_with(".biases")) return {};

  const std::uint64_t bits = quantization->bits.value_or(4);
  const bool packs_words = mlx || tensor.name.ends_with(".qweight") || tensor.name.ends_with(".weight_packed");
  Unpacked result = plain();
  if (is_integer(tensor) && bits < 32 && packs_words) {
    // Several weights in a word: along the last axis, but for GPTQ, which packs the inputs, its first.
    result.parameters = result.parameters * 32 / bits;
    std::uint64_t& axis = quantization->method == "gptq" ? result.shape.front() : result.shape.back();
    axis = axis * 32 / bits;
  } else if (is_byte(tensor) && bits == 4 && tensor.shape.size() >= 2) {
    // Two in a byte.
    result.parameters *= 2;
    result.shape.back() *= 2;
    if (tensor.name.ends_with("_blocks") && tensor.shape.size() >= 3) {
      // Blocks of 16 bytes: their axis and the one before it are the weight's inputs.
      const std::uint64_t block = result.shape.back();
      result.shape.pop_back();
      result.shape.back() *= block;
    }
  }
  return result;
}

}  // namespace portwright::inspect
